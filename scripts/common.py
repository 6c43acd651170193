"""What every module may use: where things live, the one kind of error, and HTML elements made in a line."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType

from mkdocs.exceptions import BuildError

ROOT = Path(__file__).resolve().parents[1]


class SiteError(BuildError):
    """Something that a maintainer can fix. MkDocs prints a BuildError without a traceback, and so do our commands."""


def at(path: Path, line: int, message: str) -> str:
    """Return ``file:line: message``, the form that editors turn into a link."""
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{shown}:{line}: {message}"


def read(path: Path) -> str:
    """Return a file's text, without the mark that some editors put at its start.

    Raises:
        SiteError: it is missing, or not text.

    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SiteError(at(path, 1, f"cannot be read: {error}")) from None


def lines_of(text: str) -> list[str]:
    """Return a text's lines as Python, Markdown and the browser count them.

    ``str.splitlines`` would also split at a form feed or a Unicode line separator inside a string.
    """
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def line_of(path: Path, *starts: str) -> int:
    """Return the 1-based number of a line: the first that begins with one text, then the next with the other, ...

    Spaces before it do not count. Where one is missing, it is the line of the text before it, or 1.
    """
    number = 0
    lines = lines_of(read(path)) if path.exists() else []
    for start in starts:
        number = next(
            (n for n, line in enumerate(lines[number:], number + 1) if line.strip().startswith(start)), number
        )
    return number or 1


def load_module(path: Path) -> ModuleType:
    """Return a module that only defines things, such as ``costs.py``; a new one each time."""
    module = ModuleType(path.stem)
    exec(compiled(read(path), str(path)), module.__dict__)
    return module


@cache
def compiled(source: str, name: str) -> CodeType:
    """Return Python compiled: formulas are called for hundreds of numbers.

    Raises:
        SiteError: it is not Python.

    """
    try:
        return compile(source, name, "exec")
    except SyntaxError as error:
        raise SiteError(at(Path(name), error.lineno or 1, f"this is not Python: {error.msg}")) from None


def element(tag: str, text: str | None = None, children: Iterable[ET.Element] = (), **attributes: str) -> ET.Element:
    """Return an element; ``class_`` stands for ``class``, and underscores for hyphens."""
    made = ET.Element(tag, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    made.text = text
    made.extend(children)
    return made
