"""Probabilities of trained models, ensembles, export."""
