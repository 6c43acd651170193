"""Calculators: what each asks and gives (``docs/calculators.toml``), and what its fields can be filled from.

A calculator is a script of ``snippets/calculators/``. Its inputs are the literals at the top, its outputs names that it
leaves behind; ``scripts/engine/`` runs it, here and in the reader's browser. No formula stands anywhere else.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, model_validator

from scripts.entries import Strict, load_entries
from scripts.paths import CALCULATOR_SCRIPTS, CALCULATORS, PRESETS
from scripts.units import UNITS

# What may stand behind a field, and the power of ten that the field counts in.
SUFFIXES = {"": 0, "%": -2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "W": 0}
SUFFIXES |= {"a million": 0, "GB": 9, "TB/s": 12, "TFLOP/s": 12}


class Input(Strict):
    """One field: where it stands, what it is, and the ends of its slider in the field's own terms.

    Its value at first is the script's. ``source`` is an id, or arithmetic over ids, that must give the same value; what
    the default preset of its group says stands for one. Else ``assumption`` says why this value.
    """

    group: str
    label: str
    unit: str
    prefix: Literal["", "$"] = ""
    suffix: str = ""
    help: str | None = None
    slider: tuple[float, float]
    whole: bool = False
    source: str | None = None
    assumption: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> "Input":
        known_unit(self.unit)
        if self.suffix not in SUFFIXES:
            raise ValueError(f"suffix {self.suffix!r} is unknown; there are {', '.join(map(repr, SUFFIXES))}")
        if not 0 <= self.slider[0] < self.slider[1]:
            raise ValueError(f"slider = {list(self.slider)}: give two ends, the smaller one first, neither below 0")
        if self.source and self.assumption:
            raise ValueError("it has a source and an assumption; keep the one that its value is from")
        return self

    @property
    def power(self) -> int:
        return SUFFIXES[self.suffix]


class Output(Strict):
    """One result. Without a label it is a step on the way, named for the formulas of others.

    ``formula`` is the arithmetic behind it over the script's names and the constants of costs.py, shown to the reader.
    ``digits`` is 0 for a count that must be exact, such as one that a reader may type elsewhere.
    """

    label: str | None = None
    unit: str
    digits: NonNegativeInt = 3
    formula: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> "Output":
        known_unit(self.unit)
        if self.label and not self.formula:
            raise ValueError("it has a label, so the reader sees it: give its formula as well")
        return self


def known_unit(unit: str) -> None:
    if unit not in UNITS or UNITS[unit].made_of is None:
        raise ValueError(f"unit {unit!r} is no unit to compute with; the units are {', '.join(UNITS)}")


class Case(Strict):
    """Words in which names in braces are filled in, and the condition on which they are said; the last has none."""

    when: str = ""
    words: str


Cases = Annotated[tuple[Case, ...], Field(min_length=1)]


class Line(Strict):
    """One line of a curve: an output and what stands beside it."""

    name: str
    label: str = ""


class Curve(Strict):
    """Outputs against an input or an output, as one input runs from ``start`` to ``stop``."""

    kind: Literal["curve"]
    sweep: str
    start: str
    stop: str
    whole: bool = False
    x: str
    x_label: str
    y_label: str
    log_x: bool = False
    log_y: bool = False
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=2)]
    words: Cases


class Part(Strict):
    """One part of a bar."""

    label: str
    value: str


class Row(Strict):
    """One bar and its parts."""

    label: str
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=2)]


class Bars(Strict):
    """Bars of one unit, against a limit."""

    kind: Literal["bars"]
    unit: str
    limit: str
    limit_label: str
    rows: tuple[Row, ...]
    words: Cases


class Group(Strict):
    """Some fields that belong together, and the presets that can fill them, of which ``default`` does at first."""

    legend: str
    presets: str | None = None
    default: str | None = None


class Calculator(Strict):
    """One calculator."""

    title: str
    script: str
    groups: dict[str, Group]
    inputs: dict[str, Input]
    outputs: dict[str, Output]
    headline: Cases
    chart: Annotated[Curve | Bars, Field(discriminator="kind")] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Calculator":
        for name, each in self.inputs.items():
            if each.group not in self.groups:
                raise ValueError(f"the input {name} is in a group {each.group!r} that there is not")
        for cases in (self.headline, self.chart.words if self.chart else (Case(words=""),)):
            if cases[-1].when:
                raise ValueError(f"what is said if not {cases[-1].when}? The last of the words needs no when")
        return self

    @property
    def path(self) -> Path:
        return CALCULATOR_SCRIPTS / f"{self.script}.py"

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def members(self, group: str) -> Iterator[tuple[str, Input]]:
        """Yield the inputs of a group by name."""
        return ((name, each) for name, each in self.inputs.items() if each.group == group)

    def offered(self, group: str, presets: "dict[str, Preset]") -> "dict[str, Preset]":
        """Return the presets that a group offers: those of its kind that fill all that its default fills.

        Another would leave a price or a power of the preset before it, which would look like its own.
        """
        kind, default = self.groups[group].presets, presets.get(self.groups[group].default or "")
        filled = {name for name, _ in self.members(group)} & set(default.values if default else ())
        return {key: each for key, each in presets.items() if each.kind == kind and filled <= set(each.values)}


class Preset(Strict):
    """Values for the fields of a group, by input: each an id of the site, or arithmetic over ids.

    ``counted`` says, by input, why a figure stands in it that no number of the site holds.
    """

    label: str
    kind: str
    values: dict[str, str]
    counted: dict[str, str] = Field(default_factory=dict)


def load_calculators(path: Path = CALCULATORS) -> dict[str, Calculator]:
    """Read and check ``calculators.toml``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    return load_entries(path, Calculator)


def load_presets(path: Path = PRESETS) -> dict[str, Preset]:
    """Read and check ``presets.toml``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    return load_entries(path, Preset)


def literals_of(source: str) -> dict[str, str]:
    r"""Return the literals of a script's inputs, as they stand in it, in its order.

    An input is a name that a line at the left margin sets to a number, before anything is computed.

    >>> literals_of("tokens = 2e3  # a month\nhalf = tokens / 2\nmore = 3")
    {'tokens': '2e3'}
    """
    found: dict[str, str] = {}
    for line in source.splitlines():
        name, equals, rest = line.partition(" = ")
        text = rest.partition("  #")[0]
        if equals and name.isidentifier():
            if not is_number(text):
                break
            found[name] = text
    return found


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def in_field(value: float | str, power: int) -> str:
    """Return a value as it stands in a field that counts in 10**power.

    >>> in_field("405e9", 9), in_field(0.4, -2), in_field(2.95, 0)
    ('405', '40', '2.95')
    """
    number = Decimal(str(value)).scaleb(-power)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
