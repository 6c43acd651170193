"""Contracts: what each number is, its unit, and how it is checked when it is measured again (``docs/numbers.toml``)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, ValidationError, model_validator

from scripts.calculations import calculator_path
from scripts.entries import Strict, read_toml, said
from scripts.errors import SiteError, at, line_of
from scripts.paths import NUMBERS
from scripts.snippets import source_path
from scripts.units import UNITS


class Contract(Strict):
    """One number's contract.

    ``exact``: equal again. ``approx``: equal within ``rel`` (a share of the recorded value) or ``abs``; either will do.
    ``band``: a ratio of times, between recorded / ``factor`` and recorded * ``factor``.
    ``recorded``: an absolute time or rate, true of its machine only, so shown with it and never compared.
    ``derived``: ``function`` of snippets/, called with other numbers at every build. Where it is a variable of a
    calculator, its inputs may also be assumed: a figure in place of another number's id.
    ``constant``: a ``constant`` of snippets/, read at every build.
    """

    label: str
    unit: str
    check: Literal["exact", "approx", "band", "recorded", "derived", "constant"]
    rel: PositiveFloat | None = None
    abs: PositiveFloat | None = None
    factor: PositiveFloat | None = None
    constant: str | None = None
    function: str | None = None
    arguments: dict[str, str | float] | None = None
    digits: PositiveInt | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Contract":
        if self.unit not in UNITS:
            raise ValueError(f"unit {self.unit!r} is unknown; the units are {', '.join(UNITS)}")
        needs = {
            "approx": {key for key in ("rel", "abs") if getattr(self, key) is not None} or {"rel"},
            "band": {"factor"},
            "derived": {"function", "arguments"},
            "constant": {"constant"},
        }.get(self.check, set())
        tolerances = ("rel", "abs", "factor", "constant", "function", "arguments")
        given = {key for key in tolerances if getattr(self, key) is not None}
        if given != needs:
            raise ValueError(
                f"check = {self.check!r} takes {' and '.join(sorted(needs)) or 'no tolerance'}"
                f", and has {' and '.join(sorted(given)) or 'none'}"
            )
        if self.function and not self.calculated and len(self.sources) < len(self.arguments):
            raise ValueError("only a calculator's inputs may be assumed; name a number in place of the figure")
        if self.factor is not None and self.factor <= 1:
            raise ValueError("factor must be above 1: it widens the band on both sides")
        return self

    @property
    def measured(self) -> bool:
        """Return whether a snippet's run gives the number."""
        return self.check not in ("derived", "constant")

    @property
    def calculated(self) -> bool:
        """Return whether a calculator gives the number."""
        return self.function is not None and calculator_path(self.function.partition(".")[0]).exists()

    @property
    def sources(self) -> dict[str, str]:
        """Return the ids of the numbers that it is computed from, by argument."""
        return {key: each for key, each in (self.arguments or {}).items() if isinstance(each, str)}

    @property
    def assumed(self) -> dict[str, float]:
        """Return the inputs that are assumed for it."""
        return {key: each for key, each in (self.arguments or {}).items() if not isinstance(each, str)}

    @property
    def rule(self) -> str:
        """Return, in words, how the number is checked."""
        if self.check == "approx":
            parts = [f"within {self.rel * 100:g}%"] if self.rel else []
            if self.abs:
                points = self.unit == "fraction"
                parts.append(f"within ±{self.abs * 100:g} percentage points" if points else f"within ±{self.abs:g}")
            return " or ".join(parts)
        return {
            "exact": "exactly",
            "band": f"within a factor of {self.factor or 0:g}",
            "recorded": "not compared: true of its machine only",
            "derived": "computed again at every build",
            "constant": "read from the formulas at every build",
        }[self.check]


class Kept(Strict):
    """What else a record keeps of a snippet.

    ``stdout``: how the printed text is checked; ``shape`` compares all but the digits, ``recorded`` shows it only.
    ``samples``: globals that hold the single timings behind a time, so that its spread can be seen later.
    """

    stdout: Literal["shape", "recorded"] = "shape"
    samples: tuple[str, ...] = ()


class Contracts(Strict):
    """The whole of ``docs/numbers.toml``."""

    snippets: dict[str, Kept] = Field(default_factory=dict)
    numbers: dict[str, dict[str, Contract]]

    def ids(self) -> list[str]:
        return [f"{group}.{name}" for group, names in self.numbers.items() for name in names]

    def get(self, number_id: str) -> Contract | None:
        group, _, name = number_id.partition(".")
        return self.numbers.get(group, {}).get(name)

    def measured(self, snippet: str) -> tuple[str, ...]:
        """Return the names of the globals that a record of this snippet holds."""
        return tuple(n for n, contract in self.numbers.get(snippet, {}).items() if contract.measured)

    def kept(self, snippet: str) -> Kept:
        return self.snippets.get(snippet, Kept())


def contract_line(number_id: str, path: Path = NUMBERS) -> int:
    """Return the line of a number's table in ``numbers.toml``."""
    return line_of(path, f"[numbers.{number_id}]")


def load_contracts(path: Path = NUMBERS) -> Contracts:
    """Read and check ``numbers.toml``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    try:
        contracts = Contracts.model_validate(read_toml(path))
    except ValidationError as error:
        raise SiteError("\n".join(_explain(path, problem) for problem in error.errors())) from None
    for group, names in contracts.numbers.items():
        if source_path(group).exists():
            continue
        for name, contract in names.items():
            if contract.measured:
                where = contract_line(f"{group}.{name}", path)
                raise SiteError(at(path, where, f"there is no snippets/{group}.py to measure {group}.{name}"))
    return contracts


def _explain(path: Path, problem: dict) -> str:
    keys = [str(key) for key in problem["loc"]]
    line = next((n for k in range(len(keys), 0, -1) if (n := line_of(path, f"[{'.'.join(keys[:k])}]")) > 1), 1)
    return at(path, line, f"{'.'.join(keys)}: {said(problem)}")
