"""Check everything that needs no snippet to run and no site to be built, in seconds.

python -m scripts.check
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from scripts import lint
from scripts.bench.browser.bench_browser import code as browser_code
from scripts.bench.keep import code as peers_code
from scripts.bench.serving.keep import code as serving_code
from scripts.bench.table import SHOWN as BENCH_NUMBERS
from scripts.calculator_html import CalculatorHtml
from scripts.cells import cells
from scripts.common import ROOT, SiteError, at, line_of, lines_of, read
from scripts.elements import misuse
from scripts.expressions import NO_VALUE
from scripts.figures import FIGURES, PANELS, numbers_drawn
from scripts.measure import why_stale
from scripts.numbers import Numbers
from scripts.pages import NotebookPage, Page, load_pages
from scripts.records import BENCHES, command, devices, load_records, record_path
from scripts.run import snippet_paths
from scripts.schema import load_tables


def problems(root: Path = ROOT) -> list[str]:
    """Return all that is wrong, each with file, line and what to do.

    Where the data files cannot be read, nothing else can be said.
    """
    numbers = Numbers(root)
    try:
        _ = numbers.specs, numbers.facts, numbers.claims, numbers.calculators, numbers.records
        pages = load_pages(root)
        notebooks = [NotebookPage(path, numbers.docs) for path in sorted(numbers.docs.glob("notebooks/*.py"))]
        allowed = load_tables(root / "docs" / "exceptions.toml")
    except SiteError as error:
        return str(error).splitlines()
    found = [*values(numbers), *names(pages, numbers)]
    if not found:
        found += [*claims(numbers), *calculators(numbers)]
    if not found:
        found += unused(pages, numbers)
    found += [*records(root), *programs(pages, root), *lint.descriptions(pages)]
    for page in pages:
        found += [*lint.typed_figures(page, allowed), *lint.notation(page), *lint.fences(page)]
        found += [*lint.grades(page, numbers), *lint.sections(page, numbers)]
    for page in notebooks:
        found += [*lint.typed_figures(page, allowed), *lint.fences_in_notebook(page)]
    found += lint.unused_exceptions([*pages, *notebooks], numbers.docs)
    return list(dict.fromkeys(found))


def values(numbers: Numbers) -> Iterator[str]:
    """Yield why a number has no value on the CPU."""
    for number_id in numbers.ids():
        try:
            number = numbers.get(number_id)
        except SiteError as error:
            yield str(error)
            continue
        try:
            _ = number.text
        except NO_VALUE:
            if number_id in numbers.specs:
                yield numbers.at_spec(number_id, f"{number_id} is {number.value!r}, which is no {number.spec.unit}")


def names(pages: list[Page], numbers: Numbers) -> Iterator[str]:
    """Yield each reference and each block on a page that names nothing."""
    for use in [use for page in pages for use in page.uses]:
        if wrong := misuse(use.id, use.part, use.words, numbers):
            yield use.at(wrong)
    for page in pages:
        for line, kind, name in page.blocks:
            unknown = [each for each in name.split("/") if kind == "shares" and not numbers.knows(each)]
            yield from (page.at(line, numbers.unknown(each)) for each in unknown)
    known = {"output": numbers.records, "figure": FIGURES | PANELS, "calculator": numbers.calculators.specs}
    for page in pages:
        for line, kind, name in page.blocks:
            if name not in known.get(kind, [name]):
                yield page.at(line, f"unknown {kind} {name}; there are {', '.join(known[kind])}")


def claims(numbers: Numbers) -> Iterator[str]:
    """Yield each claim whose condition is not met, with the figures."""
    for name in numbers.claims:
        try:
            stated = numbers.claim(f"claims.{name}")
        except SiteError as error:
            yield str(error)
            continue
        if not stated.stands:
            path = numbers.docs / "claims.toml"
            now = ", ".join(f"{number.id} is {number.text}" for number in stated.numbers)
            message = f"{stated.id}: {stated.claim.holds} does not hold: {now}; change the words, or the condition"
            yield at(path, line_of(path, f"[{name}]"), message)


def calculators(numbers: Numbers) -> Iterator[str]:
    """Yield what keeps a calculator from its page."""
    for name in numbers.calculators.specs:
        try:
            CalculatorHtml(name, numbers).element(raw=str)
        except SiteError as error:
            yield str(error)


def records(root: Path) -> Iterator[str]:
    """Yield each record that is missing, or of other code than is here, on every device."""
    for name in snippet_paths(root):
        if why := why_stale(name, "cpu", root):
            yield at(record_path(name, "cpu", root), 1, f"{why}; measure: {command(name)}")
    for device in devices(root):
        for name in load_records(device, root):
            if name not in {*snippet_paths(root), *BENCHES}:
                yield at(record_path(name, device, root), 1, f"no snippet is called {name}; remove its record")
            elif name not in BENCHES and device != "cpu" and (why := why_stale(name, device, root)):
                yield at(record_path(name, device, root), 1, f"{why}; measure: {command(name, device)}")
    benches = {"bench_peers": peers_code, "bench_browser": browser_code, "bench_serving": serving_code}
    for name, code in benches.items():
        bench = load_records("cpu", root).get(name)
        if bench and bench.code != code():
            changed = sorted({file for file, _ in {*bench.code.items()} ^ {*code().items()}})
            message = f"{', '.join(changed)} changed since it was measured: {command(name)}"
            yield at(record_path(name, "cpu", root), 1, message)


def programs(pages: list[Page], root: Path) -> Iterator[str]:
    """Yield each snippet that no page shows whole: all of its cells, in their order."""
    for path in snippet_paths(root).values():
        wanted = list(cells(lines_of(read(path))))
        shown = {page.name: page.shows(path) for page in pages if page.shows(path)}
        if path.parent.name != "notebooks" and not any(found in ([""], wanted) for found in shown.values()):
            said = "; ".join(f"{name} shows {', '.join(found)}" for name, found in shown.items()) or "none shows any"
            order = f" in its order, {', '.join(wanted)}" if any(wanted) else ""
            message = f"no page shows all of it{order}; {said}"
            yield at(path, 1, message)


def unused(pages: list[Page], numbers: Numbers) -> Iterator[str]:
    """Yield each number and each claim that nothing shows, draws, claims or computes with."""
    blocks = {(kind, name) for page in pages for _, kind, name in page.blocks}
    used = {use.id for page in pages for use in page.uses}
    used |= numbers_drawn({name for kind, name in blocks if kind == "figure"} & set(FIGURES | PANELS), numbers.root)
    used |= {each for kind, name in blocks if kind == "shares" for each in name.split("/")}
    used |= BENCH_NUMBERS if ("table", "peers") in blocks else set()
    for number_id in numbers.specs:
        used |= {source.id for source in numbers.get(number_id).behind}
    for name in numbers.claims:
        used |= {number.id for number in numbers.claim(f"claims.{name}").numbers}
    notebooks = {name for name, path in snippet_paths(numbers.root).items() if path.parent.name == "notebooks"}
    for number_id in numbers.specs:
        if number_id not in used and number_id.partition(".")[0] not in notebooks:
            yield numbers.at_spec(number_id, f"{number_id} is on no page; use it or remove it")
    said = {(use.id, use.words) for page in pages for use in page.uses}
    path = numbers.docs / "claims.toml"
    for name, claim in numbers.claims.items():
        for words in [words for words in claim.words if (f"claims.{name}", words) not in said]:
            yield at(
                path, line_of(path, f"[{name}]"), f"claims.{name} is on no page in the words {words!r}; remove them"
            )


def main() -> None:
    start = time.perf_counter()
    try:
        found = problems()
    except SiteError as error:
        found = [str(error)]
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    print(f"{len(found) or 'no'} problem{'s' * (len(found) != 1)} ({time.perf_counter() - start:.1f} s)")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
