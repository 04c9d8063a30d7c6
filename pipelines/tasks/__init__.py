"""Tasks: pure calls with an identity, run once; and what runs them."""
