"""The GAN as a Keras model, and its averaged generator."""
