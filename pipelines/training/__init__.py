"""One arm on one instance, to a classifier."""
