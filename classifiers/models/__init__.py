"""Model builders, one module a family; `classifiers.registry` finds them here by name."""
