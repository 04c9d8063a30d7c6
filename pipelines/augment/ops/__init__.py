"""The operations of the augmentation language, one module a kind."""
