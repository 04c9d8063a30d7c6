"""The report of a comparison or a search: one HTML page for people, one table for the terminal."""
