"""Every setting of a comparison or a search, parsed and checked; no Keras here."""
