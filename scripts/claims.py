"""Claims: words that depend on figures, each bound to a condition that must hold (``docs/claims.toml``).

A page writes ``{{ claims.much_more_memory | much more memory }}``. The condition is over numbers of the site, such as
``memory.saved_over_weights > 10``. When a figure moves so far that the words no longer fit it, the claim fails.
"""

import ast
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from scripts.entries import Strict, load_entries
from scripts.paths import CLAIMS

NUMBER_ID = re.compile(r"[A-Za-z][\w-]*\.[A-Za-z][\w-]*")
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {"abs": abs, "min": min, "max": max, "len": len, "sum": sum}
NO_VALUE = (ArithmeticError, TypeError, ValueError, LookupError)  # what evaluating a condition may raise


class Claim(Strict):
    """One claim: the words that may make it, the condition, and why it is the one that these words need.

    ``devices`` names the devices of which it is claimed; without it, of every device that has records.
    """

    words: tuple[str, ...] = Field(min_length=1)
    holds: str
    why: str
    devices: tuple[str, ...] | None = None

    @field_validator("holds")
    @classmethod
    def _readable(cls, holds: str) -> str:
        condition = Condition.parse(holds)
        if not condition.ids:
            raise ValueError("it names no number, so nothing could ever make it fail")
        if not isinstance(condition.tree, ast.Compare | ast.BoolOp):
            raise ValueError("it compares nothing; write a condition such as train.steps > 100")
        return holds

    @property
    def condition(self) -> "Condition":
        return Condition.parse(self.holds)


@dataclass(frozen=True)
class Condition:
    """A comparison over numbers, in Python's notation: arithmetic, ``and``, ``or``, ``not``, and ``FUNCTIONS``."""

    text: str
    tree: ast.expr
    ids: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Read a condition.

        Raises:
            ValueError: it does not parse, or holds something other than figures and their comparison.

        """
        ids = tuple(dict.fromkeys(NUMBER_ID.findall(text)))
        # An id such as train-and-infer.steps is no Python name, so each gets one.
        plain = NUMBER_ID.sub(lambda match: f"_{ids.index(match[0])}", text)
        try:
            tree = ast.parse(plain, mode="eval").body
        except SyntaxError:
            raise ValueError(f"{text!r} is no condition; write one such as 2.5 <= train.loss_before <= 5") from None
        for part in _parts(tree):
            if not _can_stand(part, len(ids)):
                written = ast.unparse(part)
                for index, each in enumerate(ids):
                    written = re.sub(rf"\b_{index}\b", each, written)
                raise ValueError(f"{written!r} cannot stand in a condition")
        return cls(text, tree, ids)

    @property
    def typed(self) -> list[Any]:
        """Return the figures that stand in it beside the numbers that it names."""
        return [part.value for part in _parts(self.tree) if isinstance(part, ast.Constant)]

    def value(self, figures: dict[str, Any]) -> Any:
        """Return the condition's value for these figures, by id."""
        return self._evaluate(self.tree, figures)

    def _evaluate(self, node: ast.expr, figures: dict[str, Any]) -> Any:
        def of(other: ast.expr) -> Any:
            return self._evaluate(other, figures)

        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return figures[self.ids[int(node.id[1:])]]
            case ast.Compare():
                values = [of(each) for each in (node.left, *node.comparators)]
                return all(OPERATORS[type(op)](a, b) for op, a, b in zip(node.ops, values, values[1:]))
            case ast.BoolOp():
                return (all if isinstance(node.op, ast.And) else any)(of(each) for each in node.values)
            case ast.UnaryOp():
                return not of(node.operand) if isinstance(node.op, ast.Not) else -of(node.operand)
            case ast.BinOp():
                return OPERATORS[type(node.op)](of(node.left), of(node.right))
            case ast.Subscript():
                return of(node.value)[of(node.slice)]
            case ast.Call():
                return FUNCTIONS[node.func.id](*map(of, node.args))

    def can_fail(self, figures: dict[str, Any]) -> bool:
        """Return whether some other figures would break the condition: a condition that cannot fail says nothing.

        Each figure in turn becomes nothing, a thousandth and a thousandfold. No figure of ours is below nothing.
        """
        for number_id, value in figures.items():
            for factor in (0, 1e-3, 1e3):
                values = value if isinstance(value, list) else [value]
                changed = [_scaled(each, factor) for each in values]
                try:
                    if not self.value(figures | {number_id: changed if isinstance(value, list) else changed[0]}):
                        return True
                except NO_VALUE:
                    continue
        return False


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """Yield an expression and all that it is made of, save the names of the functions it calls."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr | ast.keyword) and child is not getattr(node, "func", None):
            yield from _parts(child)


def _can_stand(part: ast.expr, ids: int) -> bool:
    """Return whether a part of a condition is one that can be evaluated; its own parts are looked at by themselves."""
    match part:
        case ast.Name():
            return part.id in {f"_{index}" for index in range(ids)}
        case ast.Call():
            return isinstance(part.func, ast.Name) and part.func.id in FUNCTIONS
        case ast.UnaryOp():
            return isinstance(part.op, ast.Not | ast.USub)
        case ast.BinOp():
            return type(part.op) in OPERATORS
        case ast.Compare():
            return all(type(op) in OPERATORS for op in part.ops)
        case _:
            return isinstance(part, ast.Constant | ast.BoolOp | ast.Subscript)


def _scaled(value: Any, factor: float) -> Any:
    return value * factor if isinstance(value, int | float) else f"not {value}"


def load_claims(path: Path = CLAIMS) -> dict[str, Claim]:
    """Read and check ``claims.toml``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    return load_entries(path, Claim)
