"""A comparison: its instances, its tasks, its run, what it would cost and could find."""
