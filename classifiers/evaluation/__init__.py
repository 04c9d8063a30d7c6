"""Scores, mistakes, explanations, charts, and the cost of a model."""
