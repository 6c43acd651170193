"""What each data file of the site may hold. A slip is named with its file, its line and its key."""

import re
import tomllib
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)

from scripts.browser.units import UNITS
from scripts.common import SiteError, at, line_of, read

MONTHS_VALID = {"price": 6, "volume": 12}
GRADES = {
    "A": ("seen at its source", "quoted from"),
    "B": ("reported by others who name the source", "reported from"),
    "C": ("disputed", "disputed; reported from"),
}


class Strict(BaseModel):
    """A model that refuses keys it does not know, so that a typing slip is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Entry = TypeVar("Entry", bound=Strict)


class Measure(Strict):
    """What has a label and a unit."""

    label: str
    unit: str

    @field_validator("unit")
    @classmethod
    def _known(cls, unit: str) -> str:
        if unit not in UNITS:
            raise ValueError(f"unknown unit {unit!r}; the units are {', '.join(UNITS)}")
        return unit


class Spec(Measure):
    """One number of ``numbers.toml``. How it is checked follows from what is given.

    ``rel`` (a share of the recorded value) or ``abs``: measured again, it may differ by that much. ``factor``: a ratio
    of times, within recorded / factor and recorded * factor on the processor of the record. ``recorded``: true of its
    machine or its run only, and not compared. ``formula``: computed at every build from other numbers, by functions of
    snippets/. Nothing: a count, equal to the last digit everywhere.
    """

    digits: PositiveInt | None = None
    rel: PositiveFloat | None = None
    abs: PositiveFloat | None = None
    factor: Annotated[float, Field(gt=1)] | None = None
    recorded: bool = False
    formula: str | None = None

    @model_validator(mode="after")
    def _one_check(self) -> "Spec":
        given = {"factor": self.factor, "recorded": self.recorded, "formula": self.formula}
        given |= {"rel or abs": self.rel or self.abs}
        named = [name for name, value in given.items() if value]
        if len(named) > 1:
            raise ValueError(f"{' and '.join(named)} are different checks; keep one")
        return self

    @property
    def rule(self) -> str:
        """Return, in words, how the number is checked."""
        if self.formula:
            return "computed again at every build"
        if self.recorded:
            return "not compared: true of its machine and its run"
        if self.factor:
            return f"within a factor of {self.factor:g} on this processor"
        parts = [f"within {self.rel * 100:g}%"] if self.rel else []
        if self.abs:
            points = self.unit == "fraction"
            parts.append(f"within ±{self.abs * 100:g} percentage points" if points else f"within ±{self.abs:g}")
        return " or ".join(parts) or "exactly"


class Fact(Measure):
    """One public figure of ``facts.toml``, with what its source says once for all figures of it.

    ``kind`` says how long it may be quoted: a price six months after ``as_of``, a volume twelve, a forecast until the
    end of its ``period``. A closed period is history, and a paper's own result or a specification does not age.
    ``grade`` says how it is known: see ``GRADES``.
    """

    value: PositiveFloat | str
    digits: PositiveInt | None = None
    boundary: str
    publisher: str
    source: str
    url: HttpUrl
    as_of: date
    checked: date
    kind: Literal["price", "volume", "forecast", "history", "specification", "paper"]
    grade: Literal["A", "B", "C"]
    period: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> "Fact":
        if isinstance(self.value, str) != (self.unit in ("text", "version")):
            raise ValueError(f"value {self.value!r} does not fit unit {self.unit!r}")
        tomorrow = date.today() + timedelta(days=1)  # where it was looked up, it may be a day later than here
        if not self.as_of <= self.checked <= tomorrow:
            raise ValueError(f"as_of {self.as_of}, then checked {self.checked}, then today: fix the dates")
        if (self.kind in ("history", "forecast")) != (self.period is not None):
            raise ValueError(
                "a period belongs to history and to a forecast, as in period = '2024', and to no other kind"
            )
        if self.kind == "forecast" and not re.search(r"\d{4}", self.period):
            raise ValueError(f"the period of a forecast names its year, as in period = '2030', not {self.period!r}")
        return self

    @property
    def expires(self) -> date | None:
        """Return the last day on which the figure may be quoted, or None where it does not age."""
        if self.kind == "forecast":
            return date(int(re.findall(r"\d{4}", self.period)[-1]), 12, 31)
        if self.kind not in MONTHS_VALID:
            return None
        years, month = divmod(self.as_of.month - 1 + MONTHS_VALID[self.kind], 12)
        year = self.as_of.year + years
        return date(year, month + 1, min(self.as_of.day, monthrange(year, month + 1)[1]))

    @property
    def expired(self) -> bool:
        return self.expires is not None and self.expires < date.today()

    @property
    def when(self) -> str:
        """Return the month that the figure speaks of, as ``July 2025``."""
        return f"{self.as_of:%B %Y}"

    @property
    def rule(self) -> str:
        return f"{GRADES[self.grade][0]}, looked up on {self.checked}" + (
            ", may be out of date" if self.expired else ""
        )

    @property
    def provenance(self) -> str:
        """Return, in one sentence, who says so, of when, and what is counted."""
        aged = "; this figure may be out of date" if self.expired else ""
        return f"{GRADES[self.grade][1]} {self.publisher}, {self.source}; as of {self.as_of}; {self.boundary}{aged}"


class Claim(Strict):
    """Words that depend on figures, and the condition on which they stand. ``why``: why that condition.

    ``recorded``: the words name the machine of the record, so no other machine is held to them.
    """

    words: Annotated[tuple[str, ...], Field(min_length=1)]
    holds: str
    why: str
    recorded: bool = False


def load_toml(path: Path) -> dict[str, Any]:
    """Return the file's contents.

    Raises:
        SiteError: it is missing, or not TOML; the message names file and line.

    """
    try:
        return tomllib.loads(read(path))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))  # at the end of the document, it names none
        raise SiteError(at(path, int(line[1]) if line else 1, f"this is not valid TOML: {error}")) from None


def load_tables(path: Path) -> dict[str, dict[str, Any]]:
    """Return the contents of a file that holds tables and nothing else.

    Raises:
        SiteError: as ``load_toml``, or something stands above the first table.

    """
    content = load_toml(path)
    for name, table in content.items():
        if not isinstance(table, dict):
            raise SiteError(at(path, line_of(path, f"{name} ="), f"{name} stands in no table; put it below a [header]"))
    return content


def load_entries(
    path: Path, model: type[Entry], data: Mapping[str, Any] | None = None, table: str = ""
) -> dict[str, Entry]:
    """Return the entries of a file, or of a table of it, each as ``model``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema.

    """
    entries, problems = {}, []
    for name, entry in (load_toml(path) if data is None else data).items():
        where = (f"[{table}]", f"{name} =") if table else (f"[{name}",)
        try:
            entries[name] = model.model_validate(entry)
        except ValidationError as error:
            for problem in error.errors():
                keys = ".".join(map(str, [*([table] if table else []), name, *problem["loc"]]))
                last = str(problem["loc"][-1]) if problem["loc"] else ""
                line = line_of(path, *where, *([f"{last} ="] if not table and last else []))
                problems.append(at(path, line, f"{keys}: {problem['msg'].removeprefix('Value error, ')}"))
    if problems:
        raise SiteError("\n".join(problems))
    return entries


def load_specs(path: Path) -> dict[str, Spec]:
    """Return the numbers of ``numbers.toml`` by id: a table a snippet or a subject, a line a number."""
    specs = {}
    for group, names in load_tables(path).items():
        specs |= {f"{group}.{name}": spec for name, spec in load_entries(path, Spec, names, group).items()}
    return specs


def load_facts(path: Path) -> dict[str, Fact]:
    """Return the public figures of ``facts.toml`` by name: a table a source, a line a figure.

    What a source says holds for each of its figures, unless the figure says otherwise.

    Raises:
        SiteError: the file breaks the schema, or two sources have a figure of one name.

    """
    facts = {}
    for key, source in load_tables(path).items():
        figures = source.pop("figures", {})
        named = {name: source | entry if isinstance(entry, dict) else entry for name, entry in figures.items()}
        if twice := sorted(facts.keys() & named.keys()):
            line = line_of(path, f"[{key}.figures]", f"{twice[0]} =")
            raise SiteError(at(path, line, f"{twice[0]} stands under another source, too; give it a name of its own"))
        facts |= load_entries(path, Fact, named, f"{key}.figures")
    return facts
