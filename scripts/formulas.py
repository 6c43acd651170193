"""Formulas as a reader sees them: arithmetic in Python's notation, turned into a line with places for numbers."""

import ast
import math
from typing import Any

from scripts.engine.writing import count, fixed, significant

SIGNS = {ast.Mult: "×", ast.Div: "÷", ast.Add: "+", ast.Sub: "−"}
RANK = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2}
FUNCTIONS = {"floor": math.floor, "max": max}


def evaluated(formula: str, names: dict[str, Any]) -> float:
    """Return what a formula gives for some names."""
    return eval(formula, {"__builtins__": {}} | FUNCTIONS | names)


def template(formula: str, places: set[str], constants: dict[str, float]) -> str:
    """Return a formula as a line to read, with each name of ``places`` in braces and each constant's value.

    Raises:
        ValueError: it holds a name that is neither, or more than arithmetic.

    >>> template("FLOP_PER_TOKEN * parameters / (2 * gpus)", {"parameters", "gpus"}, {"FLOP_PER_TOKEN": 6})
    '6 × {parameters} ÷ (2 × {gpus})'

    """
    try:
        tree = ast.parse(formula, mode="eval").body
    except SyntaxError:
        raise ValueError(f"{formula!r} is no arithmetic") from None
    match tree:
        case ast.Call(func=ast.Name(id="floor"), args=[inner]):
            return f"{line(inner, places, constants)}, rounded down"
        case ast.Call(func=ast.Name(id="max"), args=[one, other]):
            return f"the larger of {line(one, places, constants)} and {line(other, places, constants)}"
    return line(tree, places, constants)


def line(node: ast.expr, places: set[str], constants: dict[str, float]) -> str:
    match node:
        case ast.Constant(value=int() | float() as value):
            return number(value)
        case ast.Name(id=name) if name in places:
            return f"{{{name}}}"
        case ast.Name(id=name) if name in constants:
            return number(constants[name])
        case ast.Name(id=name):
            raise ValueError(f"{name} is neither an input, an output, nor a constant of costs.py")
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SIGNS:
            rank = RANK[type(op)]
            before, after = line(left, places, constants), line(right, places, constants)
            if rank_of(left) < rank:
                before = f"({before})"
            # a - (b - c) and a / (b * c) need theirs; a * (b * c) does not
            if rank_of(right) < rank or (rank_of(right) == rank and isinstance(op, ast.Sub | ast.Div)):
                after = f"({after})"
            return f"{before} {SIGNS[type(op)]} {after}"
    raise ValueError(f"{ast.unparse(node)!r} cannot stand in a formula; name it in the script, and write its name")


def rank_of(node: ast.expr) -> int:
    return RANK[type(node.op)] if isinstance(node, ast.BinOp) and type(node.op) in RANK else 3


def number(value: float) -> str:
    """Return a constant's value in full, in words from a million on."""
    if value >= 1e6:
        return count(value, 1)
    return fixed(value, 0) if float(value).is_integer() else significant(value, 4)
