"""Read a TOML file of named entries, each checked against a schema; what is wrong is named with file, line and key."""

import re
import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from scripts.errors import SiteError, at, line_of


class Strict(BaseModel):
    """A model that refuses keys it does not know, so that a typing slip is an error and not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Entry = TypeVar("Entry", bound=Strict)


def read_toml(path: Path) -> dict:
    """Return the file's contents.

    Raises:
        SiteError: it is missing, or no TOML; the message names file and line.

    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SiteError(at(path, 1, "this file is missing")) from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))  # at the end of the document, it names none
        raise SiteError(at(path, int(line[1]) if line else 1, f"this is not valid TOML: {error}")) from None


def load_entries(path: Path, model: type[Entry]) -> dict[str, Entry]:
    """Return every ``[name]`` table of a file, as ``model``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema.

    """
    entries, problems = {}, []
    for name, entry in read_toml(path).items():
        try:
            entries[name] = model.model_validate(entry)
        except ValidationError as error:
            problems += [
                at(
                    path,
                    problem_line(path, [name, *problem["loc"]]),
                    f"{dotted([name, *problem['loc']])}: {said(problem)}",
                )
                for problem in error.errors()
            ]
    if problems:
        raise SiteError("\n".join(problems))
    return entries


def problem_line(path: Path, keys: list[str | int]) -> int:
    """Return the line of the innermost table around a key that has a line of its own."""
    lines = (entry_line(path, dotted(keys[:depth])) for depth in range(len(keys), 1, -1))
    return next((line for line in lines if line > 1), entry_line(path, dotted(keys[:1])))


def dotted(keys: list[str | int]) -> str:
    return ".".join(map(str, keys))


def entry_line(path: Path, name: str) -> int:
    """Return the line of the table ``[name]``."""
    return line_of(path, f"[{name}]")


def said(problem: dict) -> str:
    """Return pydantic's message without its own prefix."""
    return problem["msg"].removeprefix("Value error, ")
