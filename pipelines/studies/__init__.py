"""The published studies, row by row: what runs them, and what came out."""
