"""Arithmetic written by users, evaluated without `eval`: names, numbers, operators, functions."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from classifiers.errors import InputError, unknown_name

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "cos": np.cos,
    "exp": np.exp,
    "log": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "sqrt": np.sqrt,
}


def evaluate_expression(text: str, names: Mapping[str, ArrayLike]) -> Any:
    """Return the value of an arithmetic expression, element by element for arrays.

    Allowed are numbers, `names`, ``+ - * / // % **``, comparisons, ``a if condition else b`` and
    abs, cos, exp, log, max, min, sqrt; nothing else, so that a recipe from elsewhere is safe.

    Raises
    ------
    InputError
        For anything else, with the part that was not understood.

    Examples
    --------
    >>> float(evaluate_expression("0.5 ** epoch if epoch < 3 else 0", {"epoch": 2.0}))
    0.25
    """
    try:
        tree = ast.parse(text, mode="eval")
        value = _value(tree.body, {name: np.asarray(one, float) for name, one in names.items()})
    except SyntaxError as error:
        raise InputError(f"{text!r} is not an expression: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise InputError(f"{text[:40]!r}… is nested too deeply: write a shorter one") from error
    if np.iscomplexobj(value):
        raise InputError(f"{text!r} has no real value: it takes a root of a negative number")
    return value


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            if name not in names:
                raise unknown_name("name", name, names)
            return names[name]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(operand, names))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.IfExp(test=test, body=body, orelse=other):
            return np.where(_value(test, names), _value(body, names), _value(other, names))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            if name not in _FUNCTIONS:
                raise unknown_name("function", name, _FUNCTIONS)
            return _FUNCTIONS[name](*(_value(arg, names) for arg in args))
    raise InputError(
        f"{ast.unparse(node)!r} is not allowed in an expression: write arithmetic on "
        f"{', '.join(names)} with {', '.join(_FUNCTIONS)}"
    )
