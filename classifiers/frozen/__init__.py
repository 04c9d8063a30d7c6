"""Features of a frozen backbone, kept on disk, and what is fitted to them."""
