"""Calculations: the scripts of snippets/calculators/, run with other inputs than those that they are shown with."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from scripts.calculators import literals_of
from scripts.engine.run import substitute
from scripts.errors import SiteError, at
from scripts.paths import CALCULATOR_SCRIPTS, SNIPPETS


def calculator_path(name: str) -> Path:
    return CALCULATOR_SCRIPTS / f"{name}.py"


def results(name: str, inputs: Mapping[str, float]) -> dict[str, Any]:
    """Return every variable of a calculator after it ran with these inputs, and its own for all others.

    Raises:
        SiteError: it has no such input.
        ValueError: it cannot compute with them; the message says which and what to change.

    """
    path = calculator_path(name)
    source = path.read_text(encoding="utf-8")
    if unknown := set(inputs) - set(literals_of(source)):
        raise SiteError(at(path, 1, f"it has no input called {', '.join(sorted(unknown))}"))
    with costs_importable():
        variables: dict[str, Any] = {}
        exec(compiled(path, substitute(source, {key: repr(value) for key, value in inputs.items()})), variables)
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
