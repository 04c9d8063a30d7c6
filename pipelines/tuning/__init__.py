"""Hyper-parameter search with keras-tuner, scored by folds inside the training images."""
