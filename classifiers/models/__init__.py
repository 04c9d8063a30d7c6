"""Model builders: the registry, one module a family, transfer models.

`classifiers.models.registry` finds the builders of all modules here by name.
"""
