"""Calculations: the scripts of snippets/calculators/, run with other inputs than those that they are shown with."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from scripts.errors import SiteError, at
from scripts.paths import SNIPPETS

CALCULATORS = SNIPPETS / "calculators"
INPUT = re.compile(r"^(?P<name>\w+) = (?P<value>-?[\d.]+(?:e[-+]?\d+)?)(?=\s|$)", re.MULTILINE)


def calculator_path(name: str) -> Path:
    return CALCULATORS / f"{name}.py"


def filled_in(source: str, inputs: Mapping[str, float]) -> str:
    """Return a calculator's script with values put in for those of its inputs."""
    return INPUT.sub(lambda m: f"{m['name']} = {inputs[m['name']]!r}" if m["name"] in inputs else m[0], source)


def results(name: str, inputs: Mapping[str, float]) -> dict[str, Any]:
    """Return every variable of a calculator after it ran with these inputs, and its own for all others.

    Raises:
        SiteError: it has no such input.
        ValueError: it cannot compute with them; the message says which and what to change.

    """
    path = calculator_path(name)
    source = path.read_text(encoding="utf-8")
    unknown = set(inputs) - {match["name"] for match in INPUT.finditer(source)}
    if unknown:
        raise SiteError(at(path, 1, f"it has no input called {', '.join(sorted(unknown))}"))
    with costs_importable():
        variables: dict[str, Any] = {}
        exec(compiled(path, filled_in(source, inputs)), variables)
    return variables


@contextmanager
def costs_importable() -> Iterator[ModuleType]:
    """Let scripts import costs.py, as they do beside it."""
    costs = ModuleType("costs")
    formulas = SNIPPETS / "costs.py"
    exec(compiled(formulas, formulas.read_text(encoding="utf-8")), costs.__dict__)
    before, sys.modules["costs"] = sys.modules.get("costs"), costs
    try:
        yield costs
    finally:
        del sys.modules["costs"]
        if before is not None:
            sys.modules["costs"] = before


def calculation(name: str, variable: str) -> Callable[..., Any]:
    """Return a function of a calculator's inputs that gives one of its variables."""
    return lambda **inputs: results(name, inputs)[variable]


@cache
def compiled(path: Path, source: str) -> CodeType:
    return compile(source, str(path), "exec")
