"""A classifier as a page and an address that other programs ask: what `ganaug serve` answers."""
