"""`ganaug recipes`: what can be run by name."""

from pipelines.recipe import list_recipes, load_recipe


def recipes() -> str:
    """List the recipes that ship with ganaug, with their titles.

    Example: ``ganaug recipes``

    Returns
    -------
    str
        One line a recipe: its name and title.
    """
    names = list_recipes()
    width = max(map(len, names), default=0)
    return "\n".join(f"{name:{width}}  {load_recipe(name).title}" for name in names)
