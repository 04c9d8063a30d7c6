"""`ganaug recipes`: what can be run by name."""

from pipelines.recipes.recipe import list_recipes, load_recipe
from pipelines.recipes.search import list_searches, load_search


def recipes() -> str:
    """List the recipes and the searches that ship with ganaug, with their titles.

    Example: ``ganaug recipes``

    Returns
    -------
    str
        One line each: its name and title.
    """
    found = {name: load_recipe(name).title for name in list_recipes()}
    searches = {name: load_search(name).recipe.title for name in list_searches()}
    width = max(map(len, (*found, *searches)))
    lines = [f"{name:{width}}  {title}" for name, title in found.items()]
    lines += ["", "searches, for `ganaug tune --search`:"]
    return "\n".join([*lines, *(f"{name:{width}}  {title}" for name, title in searches.items())])
