"""What the uppermost folders of a data set are: its splits, or its classes.

Where that cannot be said, it is asked: a classifier that tells training from test images looks like
a good one.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from groundwork.names import few
from pipelines.data.sources.columns import PARTS
from pipelines.data.sources.tree import Tree, below
from pipelines.errors import InputError

_LIKE_SPLITS = re.compile(r"train|valid|test|(val|dev|eval|holdout)(?![a-z])", re.IGNORECASE)
"""Beginnings of names that may mean a split, such as `testset`, or a class, such as `trains`."""


def role_of(name: str) -> str | None:
    """Return which split a folder of that name holds; None if it does not say, or says two."""
    roles = {PARTS[word] for word in re.split(r"[\W_\d]+", name.lower()) if word in PARTS}
    return roles.pop() if len(roles) == 1 else None


def split_folders(tree: Tree) -> tuple[dict[str, str], list[str]]:
    """Return the folder of each split, or the root itself as `train`; and links left aside.

    A class may be called `train` as well: folders are splits only if they hold folders in turn.

    Raises
    ------
    InputError
        If two folders are of one split, there is none to train on, or what looks like a split
        stands among other folders.
    """
    contents = tree.contents("")
    again = _links_to_others(tree)
    folders = [name for name in contents.folders if name not in again]
    named = [(name, role) for name in folders if (role := role_of(name))]
    splits: dict[str, str] = {}
    for name, role in named:
        if not tree.contents(name).folders:
            continue
        if role in splits:
            raise InputError(
                f"{tree.where} holds two folders of its {role} split, {splits[role]} and "
                f"{name}; put their images together"
            )
        splits[role] = name
    if "train" in splits and (len(splits) > 1 or len(folders) == len(named)):
        order = [role for role in ("train", "valid", "test") if role in splits]
        return {role: splits[role] for role in order}, again
    if len(splits) > 1:
        raise InputError(
            f"{tree.where} holds {' and '.join(splits.values())}, but no folder train; give the "
            "training images, by class, in a folder of that name"
        )
    _ask_of_splits(tree, folders)
    return {"train": ""}, []


def called_as_splits(names: Mapping[str, object]) -> bool:
    """Whether classes are called as splits are, all of them, and not alike."""
    roles = {role_of(name) for name in names}
    return len(roles) > 1 and None not in roles


def _links_to_others(tree: Tree) -> list[str]:
    """Return the links among the uppermost folders that lead to another of them."""
    contents = tree.contents("")
    links = [name for name in contents.folders if name in contents.links]
    if not links:
        return []
    real: set[Path] = {tree.home(name) for name in contents.folders if name not in links}
    return [name for name in links if tree.home(name) in real]


def _ask_of_splits(tree: Tree, folders: list[str]) -> None:
    """Raise InputError where folders that seem to be splits would be read as classes.

    One whose name may mean a split, and which holds folders in turn that another one holds as well;
    or one called as the training split that holds several.
    """
    doubtful = [name for name in folders if _LIKE_SPLITS.match(name) or role_of(name)]
    if not doubtful:
        return
    inside = {name: set(tree.contents(name).folders) for name in folders}
    for name in doubtful:
        shared = [
            other for other in folders if other != name and len(inside[name] & inside[other]) > 1
        ]
        if shared:
            both = few(sorted(inside[name] & inside[shared[0]]))
            raise InputError(
                f"{tree.where} holds {name} and {shared[0]}, which hold the same folders ({both}); "
                "if they are splits, call them train, valid and test; if they are classes, call "
                f"{name} otherwise"
            )
        if role_of(name) == "train" and len(inside[name]) > 1:
            others = few([other for other in folders if other != name])
            raise InputError(
                f"{tree.where} holds {name}, which has folders in it as the training split has, "
                f"beside {others}, of which none is called as a split; give "
                f"{tree.shown(name)}, or call {name} otherwise if it is a class"
            )


def ask_of_classes_with_splits(tree: Tree, folders: Mapping[str, str]) -> None:
    """Raise InputError where every class folder holds the same splits: their tests would be lost.

    Parameters
    ----------
    tree
        The data set.
    folders
        The paths of its class folders, by class.
    """
    roles: set[str] = set()
    for folder in folders.values():
        contents = tree.contents(folder)
        own = {role_of(name) for name in contents.folders}
        if None in own or len(own) < 2 or "train" not in own:
            return
        roles |= {role for role in own if role}
    if roles:
        name, folder = next(iter(folders.items()))
        raise InputError(
            f"{tree.where}: each class holds the folders of splits, such as "
            f"{tree.shown(below(folder, tree.contents(folder).folders[0]))}; put the classes into "
            f"the splits, as train/{name} and test/{name}, or all images of a class into one folder"
        )
