"""Calculators: what each asks and gives (``docs/calculators.toml``), and how its script is run.

A calculator is a script of ``snippets/calculators/``. Its inputs are the literals at its top, its outputs names that it
leaves behind; ``scripts/browser/`` runs it in the reader's browser. No formula stands anywhere else.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, model_validator

from scripts.browser.answer import literals_of, substitute
from scripts.common import ROOT, SiteError, at, compiled, load_module, read
from scripts.schema import Measure, Strict, load_entries

# What may stand behind a field, and the power of ten that the field counts in.
SUFFIXES = {"": 0, "%": -2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "W": 0}
SUFFIXES |= {"a million": 0, "MB": 6, "GB": 9, "TB/s": 12, "TFLOP/s": 12}


class Input(Measure):
    """One field: what it is, and the ends of its slider in the field's own terms.

    Its value at first is the script's. ``source``, an expression over ids, or the default preset of its group must give
    the same value; else ``assumption`` says why this one.
    """

    group: str
    prefix: Literal["", "$"] = ""
    suffix: Literal[tuple(SUFFIXES)] = ""  # type: ignore[valid-type]
    help: str = ""
    slider: tuple[float, float]
    whole: bool = False
    source: str | None = None
    assumption: str | None = None

    @property
    def power(self) -> int:
        return SUFFIXES[self.suffix]


def in_field(value: float, power: int) -> str:
    """Return a value as it stands in a field that counts in 10**power.

    >>> in_field(405e9, 9), in_field(0.4, -2), in_field(2.95, 0)
    ('405', '40', '2.95')
    """
    number = Decimal(f"{value:.12g}").scaleb(-power)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Output(Measure):
    """One result. ``formula`` is the arithmetic behind it, shown to the reader with the reader's own numbers.

    ``main``: what people ask for; other results are folded. Without a label it is a step on the way, named for the
    formulas of others. ``digits`` is 0 for a count that must be exact, such as one that a reader may type elsewhere.
    """

    label: str = ""
    main: bool = False
    digits: NonNegativeInt = 3
    formula: str = ""


class Case(Strict):
    """Words in which names in braces are filled in, and the condition on which they are said; the last has none.

    ``{gpus:s}`` becomes an s unless there is one. ``verdict`` stands out behind the words.
    """

    when: str = ""
    words: str
    verdict: str = ""


class Likely(Strict):
    """The range of an output: what ``at`` gives where a published case was ``off`` the formulas least and most."""

    of: str
    at: str


class Row(Strict):
    """A bar made of parts, arithmetic over the script's names, and the ends of its likely range."""

    parts: tuple[str, ...]
    ends: tuple[str, ...] = ()


class Bars(Strict):
    """Bars on one scale, by label; ``key`` says what their parts are, by kind. They may be held against a limit."""

    key: dict[str, str]
    limit: str = ""
    rows: dict[str, Row]
    words: tuple[Case, ...]


class Group(Strict):
    """Fields that belong together, and the presets that can fill them, of which ``default`` does at first.

    The reader chooses a preset to answer ``question``; ``other`` stands for it in a sentence where none fits.
    """

    legend: str
    question: str = ""
    other: str = ""
    presets: str | None = None
    default: str | None = None


class Calculator(Strict):
    """One calculator: a script of snippets/calculators/, what it asks and what it gives.

    ``asks``: groups and inputs that every reader sees, in their order; all other inputs are folded.

    ``assumes`` says under which conditions its verdict holds. ``checked``: what was published over what its formulas
    say, case by case, and ``checked_what`` was published.
    """

    title: str
    job: Literal["", "training", "inference"] = ""
    asks: tuple[str, ...]
    groups: dict[str, Group]
    inputs: dict[str, Input]
    outputs: dict[str, Output]
    headline: tuple[Case, ...]
    likely: Likely | None = None
    band: tuple[Case, ...]
    assumes: str
    checked_what: str
    checked: tuple[str, ...] = Field(min_length=1)
    chart: Bars | None = None

    @model_validator(mode="after")
    def _named(self) -> "Calculator":
        if odd := {each.group for each in self.inputs.values()} - set(self.groups):
            raise ValueError(f"inputs are in unknown groups: {', '.join(sorted(odd))}")
        if odd := set(self.asks) - set(self.inputs) - {key for key, group in self.groups.items() if group.presets}:
            raise ValueError(f"it asks for what is neither an input nor a group with presets: {', '.join(sorted(odd))}")
        return self


class Preset(Strict):
    """Values for the fields of a group, by input: expressions over ids of the site, or counts; and those ``of`` others.

    Where counts are a source's, ``publisher``, ``url``, ``as_of`` and ``grade`` say whose, as for a public figure.
    """

    label: str
    kind: str
    publisher: str = ""
    url: str = ""
    as_of: date | None = None
    grade: Literal["A", "B"] = "A"
    of: tuple[str, ...] = ()
    values: dict[str, str | int]


class Calculators:
    """The calculators of a site, and the presets that fill their fields."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.path, self.presets_path = root / "docs" / "calculators.toml", root / "docs" / "presets.toml"
        self.specs = load_entries(self.path, Calculator) if self.path.exists() else {}
        self.presets = load_entries(self.presets_path, Preset) if self.presets_path.exists() else {}
        for preset in self.presets.values():
            for each in preset.of:
                preset.values.update(self.presets[each].values)

    def script(self, name: str) -> Path:
        return self.root / "snippets" / "calculators" / f"{name.replace('-', '_')}.py"

    def sources(self, name: str) -> dict[str, str | int]:
        """Return what the inputs of a calculator are from at first, save those that are assumed."""
        spec = self.specs[name]
        found: dict[str, str | int] = {}
        for key, field in spec.inputs.items():
            preset = self.presets.get(spec.groups[field.group].default or "")
            source = field.source or (preset.values.get(key) if preset else None)
            found |= {} if source is None else {key: source}
        return found

    def results(self, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return every variable of a calculator after it ran with these inputs, and its own for all others.

        Raises:
            SiteError: it has no such input.
            ValueError: it cannot compute with them; the message says which and what to change.

        """
        source = read(self.script(name))
        if unknown := set(inputs) - set(literals_of(source)):
            raise SiteError(at(self.script(name), 1, f"it has no input called {', '.join(sorted(unknown))}"))
        source = substitute(source, {key: repr(value) for key, value in inputs.items()})
        variables: dict[str, Any] = {}
        with self.costs():
            exec(compiled(source, str(self.script(name))), variables)
        return variables

    @contextmanager
    def costs(self) -> Iterator[ModuleType]:
        """Let calculators import costs.py, as they do beside it."""
        costs, before = load_module(self.root / "snippets" / "costs.py"), sys.modules.get("costs")
        sys.modules["costs"] = costs
        try:
            yield costs
        finally:
            del sys.modules["costs"]
            if before is not None:
                sys.modules["costs"] = before
