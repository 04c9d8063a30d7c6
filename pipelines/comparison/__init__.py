"""A comparison: its instances, its tasks, its run and what it would cost."""
