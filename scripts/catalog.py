"""All that is known of each number: its value on each device, its check, and the line or the source behind it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from scripts.cells import cells
from scripts.common import ROOT, SiteError, at, line_of, lines_of, read
from scripts.numbers import Number, Numbers
from scripts.pages import load_pages
from scripts.records import BENCHES, devices
from scripts.run import snippet_paths
from scripts.schema import Fact

FACT_COLUMNS = ("publisher", "source", "url", "boundary", "grade", "as_of", "checked")


def entries(root: Path = ROOT) -> list[dict[str, Any]]:
    """Return what is known of each number, a row for each number and device, values in full and in their unit.

    ``of`` is the day of the oldest figure behind it: measured, or looked up.

    Raises:
        SiteError: a number of the CPU has no value, or no line of code gives it.

    """
    return [entry(number, numbers) for device in devices(root) for numbers, number in on_device(Numbers(root, device))]


def on_device(numbers: Numbers) -> Iterator[tuple[Numbers, Number]]:
    """Yield the numbers of a device; of another one than the CPU, those that its own records give."""
    for number_id in numbers.ids():
        try:
            number = numbers.get(number_id)
        except SiteError:
            if numbers.device == "cpu":
                raise
            continue
        if numbers.device == "cpu" or any(root.kind == "measured" for root in number.roots):
            yield numbers, number


def entry(number: Number, numbers: Numbers) -> dict[str, Any]:
    days = [
        str(root.spec.checked) if isinstance(root.spec, Fact) else numbers.records[root.id.partition(".")[0]].date
        for root in number.roots
    ]
    row = {"id": number.id, "label": number.spec.label, "unit": number.spec.unit, "kind": number.kind}
    row |= {"rule": number.spec.rule, "device": numbers.device, "value": number.value, "text": number.text}
    row["of"] = min(days, default=None)
    if isinstance(number.spec, Fact):
        return row | {column: str(getattr(number.spec, column)) for column in FACT_COLUMNS}
    path, line = origin(number, numbers)
    return row | {"file": path.relative_to(numbers.root).as_posix(), "line": line, "formula": number.spec.formula}


def origin(number: Number, numbers: Numbers) -> tuple[Path, int]:
    """Return the file and the line that give a measured number its value, or that say how another one is computed.

    Raises:
        SiteError: no line gives it.

    """
    group, _, name = number.id.partition(".")
    if number.kind == "computed":
        path = numbers.docs / "numbers.toml"
        return path, line_of(path, f"[{group}]", f"{name} =")
    scripts = snippet_paths(numbers.root)
    if group in scripts:
        return scripts[group], binding_line(scripts[group], name)
    bench = numbers.root / BENCHES[group][0]
    modules = (path for path in sorted(bench.parent.glob("*.py")) if name in bindings(read(path)))
    path = bench if name in bindings(read(bench)) else next(modules, bench)
    return path, binding_line(path, name if name in bindings(read(path)) or group == "bench_peers" else "measure")


def binding_line(path: Path, name: str) -> int:
    """Return the last line outside functions that gives a name its value, or the one that defines it.

    Raises:
        SiteError: there is none.

    """
    lines = bindings(read(path))
    if name not in lines:
        raise SiteError(at(path, 1, f"no line outside a function gives {name} its value; the site links to it"))
    return lines[name]


@cache
def bindings(source: str) -> dict[str, int]:
    """Return the last line that binds each global of some code; of a dictionary that a bench writes, each key's."""
    lines: dict[str, int] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            lines.setdefault(statement.name, statement.lineno)
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
                    lines[node.id] = node.lineno
            elif isinstance(node, ast.Dict):
                keys = (key for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
                lines |= {key.value: key.lineno for key in keys if key.value not in lines}
    return lines


class ShownLines:
    """Where the pages show the lines of the snippets: pymdownx gives each line of code a place of its own."""

    def __init__(self, root: Path) -> None:
        self.root, pages = root, load_pages(root)
        # A page of a concept before one of the reference.
        self.pages = sorted(
            pages, key=lambda page: (page.name.startswith("reference/") or "/" not in page.name, page.name)
        )

    def address(self, path: Path, line: int) -> tuple[str, str]:
        """Return the page that shows a line, relative to docs/, and the id of its place there.

        A file that no page shows in full is offered as a file, and then the id is empty.
        """
        for page in self.pages:
            for number, fence in enumerate(page.fences):
                for file, cell in fence.includes:
                    if file == path.name and (within := line_in(path, cell, line)):
                        return page.name, f"__span-{number}-{within}"
        # The site offers docs/ as it is; snippets/ and scripts/bench/ are linked into it.
        return path.relative_to(self.root).as_posix().removeprefix("docs/").removeprefix("scripts/"), ""


def line_in(path: Path, cell: str, line: int) -> int | None:
    """Return which line of an included file or cell a line of the file is, from 1 on; None where it is not in it."""
    lines = lines_of(read(path))
    if not cell:
        return line
    inside = cells(lines).get(cell, [])
    start = next((n for n in range(len(lines)) if inside and lines[n : n + len(inside)] == inside), len(lines))
    return line - start if start < line <= start + len(inside) else None
