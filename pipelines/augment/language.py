"""The small string language of recipes: named steps with arguments, joined by one operator."""

import ast
from dataclasses import dataclass

from pipelines.errors import InputError, shown

_OPERATORS = {"|": ast.BitOr, "+": ast.Add}

Value = int | float | str | bool


@dataclass(frozen=True)
class Call:
    """One step: a name and its arguments.

    An argument is a number, a word, or a chain of further steps.
    """

    name: str
    args: tuple["Value | tuple[Call, ...]", ...] = ()
    kwargs: tuple[tuple[str, "Value | tuple[Call, ...]"], ...] = ()


def read_calls(text: str, operator: str) -> tuple[Call, ...]:
    """Read ``text`` as steps joined by ``operator``; an empty text has none.

    The notation is a subset of Python's expressions, so Python's own parser reads it; nothing is
    ever evaluated.

    Parameters
    ----------
    text
        For instance ``"flip|shift(4)|cutout(px=8)"``.
    operator
        ``"|"`` or ``"+"``.

    Raises
    ------
    InputError
        If the text is anything else than named steps with plain arguments.

    Examples
    --------
    >>> read_calls("flip|shift(4)", "|")
    (Call(name='flip', args=(), kwargs=()), Call(name='shift', args=(4,), kwargs=()))
    """
    if not text.strip():
        return ()
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return _chain(tree, operator)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise InputError(
            f"cannot read {shown(text)}: write named steps joined by {operator!r}, "
            f"as in 'first{operator}second(4)'"
        ) from error


def _chain(node: ast.expr, operator: str) -> tuple[Call, ...]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, _OPERATORS[operator]):
        return _chain(node.left, operator) + _chain(node.right, operator)
    if isinstance(node, ast.Name):
        return (Call(node.id),)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        args = tuple(_argument(argument, operator) for argument in node.args)
        kwargs = tuple((k.arg or "**", _argument(k.value, operator)) for k in node.keywords)
        return (Call(node.func.id, args, kwargs),)
    raise ValueError(ast.unparse(node))


def _argument(node: ast.expr, operator: str) -> Value | tuple[Call, ...]:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.BinOp | ast.Call):
        return _chain(node, operator)
    value = ast.literal_eval(node)
    if not isinstance(value, int | float | str):
        raise ValueError(ast.unparse(node))
    return value
