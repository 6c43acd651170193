"""What the built pages show is what the data say: numbers, notes, sources, recorded output, tables, figures.

Where a page's markup says that our code wrote something, these checks compute it again and compare.
"""

import copy
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest

from bs4 import BeautifulSoup, Tag

from scripts.bench_table import rows as bench_rows
from scripts.checks import View, check
from scripts.errata import load_errata
from scripts.errors import SiteError, at
from scripts.notation import block_line
from scripts.numbers import Number, Numbers, Stated
from scripts.paths import shown as path_of
from scripts.reading import MINUTES, MINUTES_ID, RATE_ID, minutes
from scripts.resources import load_resources
from scripts.wording import FIGURE

REBUILD = "build again; if it stays, mend what makes it"
UNREAD = ".provenance, .cite, [hidden]"  # what stands with a number and is no part of the sentence
SCALE = re.compile(r"[-\u2212]?\d[\d,.]*[%kM]?")  # one step of a scale
ANSWERS = "costs/client-questions/index.html"  # the page that is for clients as a whole
NAME = re.compile(r"[A-Za-z]+\d+")  # such as float32


def text_of(tag: Tag, without: str | None = None) -> str:
    """Return a tag's text with single spaces; ``without`` selects what is left out."""
    if without:
        tag = copy.copy(tag)
        for each in tag.select(without):
            each.decompose()
    return " ".join(tag.get_text().split())


def numbers_of(view: View, tag: Tag) -> Numbers:
    """Return the numbers of the device that a tag is written for."""
    holder = tag if tag.has_attr("data-device") else tag.find_parent(attrs={"data-device": True})
    return view.devices[holder["data-device"] if holder else "cpu"]


def behind(view: View, name: str, tag: Tag) -> Number | Stated | None:
    """Return the number or the claim that a ``.number`` tag shows, by its link; None where there is no such."""
    note = tag.find(class_="provenance")
    row = note.find("a")["href"].rpartition("#")[2]
    numbers = numbers_of(view, tag)
    if row == RATE_ID and text_of(note).startswith(MINUTES.label):
        return minutes(view.source_of(name), view.numbers)
    try:
        return numbers.claim(row) if row.startswith("claims.") else numbers.get(row)
    except SiteError:
        return None


@lru_cache(maxsize=1)
def shown_as_numbers(view: View) -> list[tuple[str, Tag, Number | Stated | None]]:
    """Return what the built pages show as a number or a claim, with its page and what is behind it, if anything."""
    return [(name, tag, behind(view, name, tag)) for name, page in view.pages.items() for tag in page.select(".number")]


def numbers_on_pages(view: View) -> Iterator[tuple[str, Tag, Number | Stated]]:
    """Yield each number and claim of the built pages, with its page and what is behind it."""
    yield from ((name, tag, known) for name, tag, known in shown_as_numbers(view) if known)


def place_of(view: View, name: str, known: Number | Stated) -> str:
    """Return ``file:line: `` of the first use of a number on a page."""
    path = view.source_of(name)
    lines = [use.line for use in view.uses if (use.page, use.id, use.when) == (path, known.id, False)]
    return at(path, next(iter(lines), 1), "")


@check("pages")
def numbers_are_those_of_the_data(view: View) -> Iterator[str]:
    """Each number on a page has the value, the text and the note that its data give it."""
    for name, tag, known in shown_as_numbers(view):
        note = tag.find(class_="provenance")
        if known is None:
            yield f"{view.place(name, '')}{text_of(tag)!r} stands where a number should, and is none of the site's"
            continue
        shown = tag.find(attrs={"aria-describedby": note["id"]})
        if shown is None:
            yield f"{place_of(view, name, known)}{known.id} does not tell a screen reader where it comes from"
        elif isinstance(known, Number) and not as_shown(shown, known):
            yield f"{place_of(view, name, known)}{known.id} is shown as {shown.get_text()!r}, and is {known.text!r}"
        label = f"{known.label}: " if isinstance(known, Number) else ""
        if text_of(note) != " ".join(f"{label}{known.provenance}; all about it.".split()):
            yield f"{place_of(view, name, known)}the note of {known.id} says {text_of(note)!r}"
        expired = isinstance(known, Number) and any(view.numbers.facts[each].expired for each in known.facts)
        if expired != bool(tag.find(class_="expired")):
            yield f"{place_of(view, name, known)}{known.id} is past its date, and does not say so"


def as_shown(tag: Tag, number: Number) -> bool:
    """Return whether a tag holds the number's text, and its value to the six digits that are written."""
    if isinstance(number.value, float):
        same = math.isclose(float(tag["value"]), number.value, rel_tol=1e-5)
    else:
        same = tag["value"] == str(number.value)
    return same and tag.get_text() == number.text


@check("pages")
def every_id_stands_once(view: View) -> Iterator[str]:
    """No id stands twice on a page, so that each note and each link finds its own."""
    for name, page in view.pages.items():
        ids = [tag["id"] for tag in page.select("[id]")]
        for twice in sorted({each for each in ids if ids.count(each) > 1}):
            yield f"{view.place(name, '')}the id {twice!r} stands more than once on {name}"


@check("pages")
def every_fact_is_cited(view: View) -> Iterator[str]:
    """Each number that stands on public figures points to their sources, listed at the foot of its page."""
    items = {name: page.select(".sources > li") for name, page in view.pages.items()}
    for name, tag, known in numbers_on_pages(view):
        for fact in (view.numbers.facts[each] for each in known.facts):
            links = [link["href"].rpartition("#")[2] for link in tag.select(".cite a")]
            listed = [item for item in items[name] if item.get("id") in links]
            if not any(fact.boundary in text_of(item) and item.find("a")["href"] == str(fact.url) for item in listed):
                where = place_of(view, name, known)
                yield f"{where}{known.id} is shown without its source, {fact.publisher}, {fact.source}"


QUOTED = ("label", "boundary", "source", "publisher", "as_of", "checked")  # what a line of sources says of a fact


@check("pages")
def sources_are_those_of_the_facts(view: View) -> Iterator[str]:
    """Each line of a list of sources says what docs/facts.toml says, and no figure of its own."""
    for name, page in view.pages.items():
        for item in page.select(".sources > li"):
            address, rest = item.find("a")["href"], text_of(item)
            facts = [fact for fact in view.numbers.facts.values() if str(fact.url) == address]
            known = {f"{getattr(fact, part)}" for fact in facts for part in QUOTED}
            for part in sorted(known, key=len, reverse=True):  # a publisher's name may begin a title
                rest = rest.replace(" ".join(part.split()), "")
            if re.search(r"\d", rest):
                yield f"{view.place(name, '')}the source {text_of(item)!r} holds figures that docs/facts.toml does not"


@check("pages")
def reported_figures_say_so(view: View) -> Iterator[str]:
    """Figures that were not seen at their source are called reported, estimated or disputed where they stand."""
    words = {"B": ("report", "estimate", "expect", "said"), "C": ("disput", "unclear")}
    for name, tag, known in numbers_on_pages(view):
        if isinstance(known, Stated) or not known.facts or known.id == MINUTES_ID:
            continue
        grade = max(view.numbers.facts[each].grade for each in known.facts)  # the weakest of what it stands on
        block = tag.find_parent(["p", "li", "tr", "dd", "figcaption", "summary"])
        said = text_of(block, ".provenance").lower() if block else ""
        if grade in words and not any(word in said for word in words[grade]):
            yield (
                f"{place_of(view, name, known)}{known.id} is of grade {grade}: say in its "
                f"paragraph that it is {'reported' if grade == 'B' else 'disputed'}"
            )


@check("pages")
def no_disputed_figure_is_for_clients(view: View) -> Iterator[str]:
    """No line to say to a client, and no answer to one, stands on a figure of grade C."""
    for name, tag, known in numbers_on_pages(view):
        disputed = [each for each in known.facts if view.numbers.facts[each].grade == "C"]
        if disputed and (name == ANSWERS or tag.find_parent(class_="quote")):
            where = place_of(view, name, known)
            yield f"{where}facts.{disputed[0]} is disputed (grade C), and may not stand in a line for clients"


@check("pages")
def dates_are_those_of_facts(view: View) -> Iterator[str]:
    """Each date in prose is that of a public figure."""
    known = {(str(fact.as_of), fact.when) for fact in view.numbers.facts.values()}
    for name, page in view.pages.items():
        for tag in page.select("article time"):
            if tag.find_parent("table") is None and (tag.get("datetime"), tag.get_text()) not in known:
                yield f"{view.place(name, tag.get_text())}no fact speaks of {tag.get_text()!r}"


@check("pages")
def outputs_are_as_recorded(view: View) -> Iterator[str]:
    """Each recorded output on a page is what the record holds, under the record's date and machine."""
    for name, page in view.pages.items():
        for figure in page.select("figure.output"):
            record = numbers_of(view, figure).record(figure["data-record"])
            where = f"{block_place(view, name, 'output', record.snippet)}the output of {record.snippet}"
            want, show = "\n".join(record.stdout).rstrip("\n"), figure.find("pre").get_text().rstrip("\n")
            if want != show:
                parted = first_difference(want, show)
                yield f"{where} is not that of {path_of(record.path)}: {parted}; {REBUILD}"
            caption = text_of(figure.find("figcaption"))
            if record.caption != caption:
                message = f"is shown under another date or machine, {caption!r}; its record says {record.caption!r}"
                yield f"{where} {message}; {REBUILD}"


def first_difference(wanted: str, shown: str) -> str:
    r"""Say where two texts of several lines part, and what either has there.

    >>> first_difference("a\nb", "a\nc"), first_difference("a\nb", "a")
    ("its line 2 should be 'b', and is 'c'", "its line 2 should be 'b', and is missing")
    """
    pairs = enumerate(zip_longest(wanted.splitlines(), shown.splitlines()), 1)
    line, want, show = next((number, want, show) for number, (want, show) in pairs if want != show)
    if want is None:
        return f"its line {line}, {show!r}, should not be there"
    return f"its line {line} should be {want!r}, and is {'missing' if show is None else repr(show)}"


@check("pages")
def tables_are_those_of_the_data(view: View) -> Iterator[str]:
    """Each table made from data holds each of their entries, in their order, each cell in its place."""
    wanted: dict[str, list[list[str | None]]] = {  # None: a cell that this check leaves to others
        "numbers": [[number_id, *values_of(view, number_id)] for number_id in view.numbers.ids()],
        "claims": [[None, claim.holds, None, claim.why] for claim in view.numbers.claims.values()],
        "peers": bench_rows(view.numbers) if bench_is_recorded(view) else [],
        "resources": [
            [f"{each.title}, {each.by}", f"{each.kind}, {each.minutes} min", each.why]
            for each in load_resources().values()
        ],
        "errata": [
            [str(each.found), each.was, each.now, each.test, each.commit[:7]] for each in load_errata().values()
        ],
    }
    for name, page in view.pages.items():
        for tag in page.select("[data-table]"):
            rows, entries = tag.select("tbody tr"), wanted[tag["data-table"]]
            where = f"{block_place(view, name, 'table', tag['data-table'])}the table {tag['data-table']}"
            if len(rows) != len(entries):
                yield f"{where} has {len(rows)} rows for {len(entries)} entries; {REBUILD}"
                continue
            for row, entry in zip(rows, entries):
                cells = [text_of(cell) for cell in row.select("th, td")]
                for want, show in zip_longest(entry, cells[: len(entry)]):
                    if want is not None and " ".join(want.split()) != show:
                        yield f"{where} shows {show!r} in the row of {cells[0]!r}, and its data say {want!r}; {REBUILD}"


def block_place(view: View, name: str, kind: str, block: str) -> str:
    """Return ``file:line: `` of the ``{{ kind block }}`` that made a part of a page."""
    source = view.source_of(name)
    return at(source, block_line(source, kind, block), "") if source in view.sources else view.place(name, "")


def bench_is_recorded(view: View) -> bool:
    return "bench_peers" in view.numbers.records


def values_of(view: View, number_id: str) -> list[str]:
    """Return a number's text on each device, a dash where a device has none."""
    found = []
    for numbers in view.devices.values():
        try:
            found.append(numbers.get(number_id).brief)
        except SiteError:
            found.append("-")
    return found


@check("pages")
def figures_are_those_of_the_data(view: View) -> Iterator[str]:
    """Each number written into a picture is the site's and stands alone, and its words are those of its caption."""
    for name, page in view.pages.items():
        for figure in page.select("figure.drawn"):
            numbers = numbers_of(view, figure)
            where = block_place(view, name, "figure", figure["data-figure"])
            for group in figure.select("[data-number]"):
                known, text = numbers.get(group["data-number"]), text_of(group)
                if not stands_alone(known.text, text):
                    message = f"a picture shows {text!r} for {known.id}, which is {known.text}"
                    yield f"{where}{message}; write the number's own text there, and no other figure"
            for tick in map(text_of, figure.select(".axis text")):
                if FIGURE.search(tick) and not SCALE.fullmatch(tick):
                    message = f"an axis of {figure['data-figure']} says {tick!r}, which is more than a step of a scale"
                    yield f"{where}{message}; write what it says beside it, as a number of the site"
            title, caption = text_of(figure.find("title")), text_of(figure.find("figcaption"), UNREAD)
            if title != caption:
                message = f"the picture {figure['data-figure']} is described in other words than its caption"
                yield f"{where}{message}: {title!r}, not {caption!r}; {REBUILD}"


def stands_alone(number: str, text: str) -> bool:
    """Return whether a text holds a number, whole, and no other figure but in a name.

    >>> [stands_alone("2,592", text) for text in ("float32: 2,592", "floor 92,592", "2,592 of 3", "no")]
    [True, False, False, False]
    """
    before, found, after = text.partition(number)
    return bool(found) and not FIGURE.search(NAME.sub("", before) + " " + NAME.sub("", after))


@check("pages")
def no_block_mixes_devices(view: View) -> Iterator[str]:
    """All measured numbers of a paragraph or a table can be shown for the same devices, the CPU's first."""
    for name, page in view.pages.items():
        for wrappers in by_block(page).values():
            offered = {
                tuple(each["data-device"] for each in wrapper.select(":scope > [data-device]")) for wrapper in wrappers
            }
            shown = {each["data-device"] for wrapper in wrappers for each in wrapper.select(":scope > :not([hidden])")}
            if len(offered) > 1 or shown != {"cpu"}:
                text = text_of(wrappers[0], UNREAD)
                yield f"{view.place(name, text)}one block shows numbers of several devices: {sorted(offered)}"


def by_block(page: BeautifulSoup) -> dict[int, list[Tag]]:
    """Return what depends on the device, by the block that holds it."""
    found: dict[int, list[Tag]] = {}
    for wrapper in page.select(".by-device"):
        names = ["p", "li", "dt", "dd", "figcaption", "summary", "h1", "h2", "h3", "h4", "h5", "h6"]
        block = wrapper.find_parent("table") or wrapper.find_parent(names) or wrapper
        found.setdefault(id(block), []).append(wrapper)
    return found
