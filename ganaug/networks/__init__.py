"""Generators and discriminators, and the layers that Keras lacks."""
