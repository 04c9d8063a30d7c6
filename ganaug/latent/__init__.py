"""Latent vectors: drawing them, images from them, and the way back."""
