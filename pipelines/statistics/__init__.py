"""What a handful of paired measurements can show, and in words."""
