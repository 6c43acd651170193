"""Facts: public figures that the site quotes, each with its source and what it counts (``docs/facts.toml``)."""

from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import HttpUrl, PositiveFloat, PositiveInt, model_validator

from scripts.entries import Strict, load_entries
from scripts.paths import FACTS
from scripts.units import UNITS

MONTHS_VALID = {"price": 6, "volume": 12, "specification": None, "paper": None}


class Grade(NamedTuple):
    """How a figure is known, in words: ``known`` in a list of sources, ``verb`` in a note, ``brief`` in a table."""

    known: str
    verb: str
    brief: str


GRADES = {
    "A": Grade("seen at its source", "quoted from", "at its source"),
    "B": Grade("reported by others who name the source", "reported from", "as reported"),
    "C": Grade("disputed", "disputed; reported from", "disputed"),
}


class Fact(Strict):
    """One public figure.

    ``kind`` says how long it may be quoted: a price for six months after ``as_of``, a volume or a forecast for twelve,
    a specification or a paper's own result for good. ``grade`` says how it is known: see ``GRADES``.
    ``note`` is for maintainers, and on no page: how the figure was read at its source, or what speaks against it.
    """

    label: str
    value: PositiveFloat | str
    unit: str
    digits: PositiveInt | None = None
    boundary: str
    source: str
    publisher: str
    url: HttpUrl
    as_of: date
    checked: date
    kind: Literal["price", "volume", "specification", "paper"]
    grade: Literal["A", "B", "C"]
    note: str | None = None

    @model_validator(mode="after")
    def _sound(self) -> "Fact":
        if self.unit not in UNITS:
            raise ValueError(f"unit {self.unit!r} is unknown; the units are {', '.join(UNITS)}")
        if isinstance(self.value, str) != (UNITS[self.unit].made_of is None):
            raise ValueError(f"value {self.value!r} does not fit unit {self.unit!r}")
        tomorrow = date.today() + timedelta(days=1)  # where it was looked up, it may be a day later than here
        for name in ("as_of", "checked"):
            if getattr(self, name) > tomorrow:
                raise ValueError(f"{name} is {getattr(self, name)}, which is still to come; mend the date")
        if self.checked < self.as_of:
            raise ValueError(f"it was checked on {self.checked}, before the day it speaks of, {self.as_of}")
        return self

    @property
    def expires(self) -> date | None:
        """Return the last day on which the figure may be quoted, or None where it cannot age."""
        months = MONTHS_VALID[self.kind]
        if months is None:
            return None
        year, month = divmod(self.as_of.month - 1 + months, 12)
        first = date(self.as_of.year + year, month + 1, 1)
        return first.replace(day=min(self.as_of.day, monthrange(first.year, first.month)[1]))

    @property
    def expired(self) -> bool:
        return self.expires is not None and self.expires < date.today()

    @property
    def when(self) -> str:
        """Return the month that the figure speaks of, as ``July 2025``."""
        return f"{self.as_of:%B %Y}"

    @property
    def provenance(self) -> str:
        """Return, in one sentence, who says so, of when, and what is counted."""
        aged = "; this figure is old by now" if self.expired else ""
        return f"{GRADES[self.grade].verb} {self.publisher}, {self.source}; as of {self.as_of}; {self.boundary}{aged}"


def load_facts(path: Path = FACTS) -> dict[str, Fact]:
    """Read and check ``facts.toml``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    return load_entries(path, Fact)
