"""Saved generators: sampled, scored by their discriminators, their samples chosen."""
