"""The one kind of error that people see: file, line, what was expected, what to do."""

from pathlib import Path

from mkdocs.exceptions import BuildError

from scripts.paths import shown


class SiteError(BuildError):
    """Something a maintainer can mend. MkDocs prints a BuildError without a traceback, and so do our commands."""


def at(path: Path, line: int, message: str) -> str:
    """Return ``file:line: message``, the form that editors turn into a link."""
    return f"{shown(path)}:{line}: {message}"


def line_of(path: Path, text: str) -> int:
    """Return the 1-based number of the first line that contains ``text``, or 1 where none does."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)
