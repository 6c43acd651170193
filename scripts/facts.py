"""Facts: public figures that the site quotes, each with its source and what it counts (``docs/facts.toml``)."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import HttpUrl, PositiveFloat, PositiveInt, ValidationError, field_validator

from scripts.contracts import Strict
from scripts.errors import SiteError, at, line_of
from scripts.paths import FACTS
from scripts.units import UNITS


class Fact(Strict):
    """One public figure. ``expires`` is absent for what cannot age, such as a paper's own figures."""

    label: str
    value: PositiveFloat
    unit: str
    digits: PositiveInt | None = None
    boundary: str
    source: str
    publisher: str
    url: HttpUrl
    as_of: date
    checked: date
    expires: date | None = None
    grade: Literal["A", "B"]

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str) -> str:
        if unit not in UNITS:
            raise ValueError(f"unit {unit!r} is unknown; the units are {', '.join(UNITS)}")
        return unit

    @property
    def provenance(self) -> str:
        """Return, in one sentence, who says so, of when, and what is counted."""
        reported = "reported from" if self.grade == "B" else "quoted from"
        aged = "; this figure is old by now" if self.expires and self.expires < date.today() else ""
        return f"{reported} {self.publisher}, {self.source}; as of {self.as_of}; {self.boundary}{aged}"


def load_facts(path: Path = FACTS) -> dict[str, Fact]:
    """Read and check ``facts.toml``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SiteError(f"{at(path, 1, 'this is not valid TOML')}: {error}") from None
    facts, problems = {}, []
    for name, entry in entries.items():
        try:
            facts[name] = Fact.model_validate(entry)
        except ValidationError as error:
            for problem in error.errors():
                key = ".".join([name, *map(str, problem["loc"])])
                problems.append(at(path, line_of(path, f"[{name}]"), f"{key}: {problem['msg']}"))
    if problems:
        raise SiteError("\n".join(problems))
    return facts
