"""What may be wrong with a data set: copies, labels, pictures that show nothing."""
