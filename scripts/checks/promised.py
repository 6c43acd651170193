"""What a page's source asks for is what its built page shows: the number that is named there, its date, and no other.

The other checks of a shown number start from the page: its text, its note and its link could all be those of one number
where the source names another. A date could be that of any public figure.
"""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from scripts.checks import View, check
from scripts.errors import at
from scripts.reading import MINUTES_ID, RATE_ID

OTHERS = ["figure", "cost-calculator"]  # what these show, other checks hold against its data


@check("pages")
def pages_show_what_their_sources_name(view: View) -> Iterator[str]:
    """Each page shows the numbers, the claims and the dates that its source names, in their order."""
    for name, page in view.pages.items():
        source = view.source_of(name)
        yield from other_dates(view, source, page)
        named = [use for use in view.uses if use.page == source and not use.when]
        for use, shown in zip_longest(named, shown_ids(page) if source in view.sources else ()):
            wanted = RATE_ID if use and use.id == MINUTES_ID else use and use.id
            if wanted != shown:
                where = at(source, use.line if use else 1, "")
                yield f"{where}{wanted or 'nothing more'} is named here, and the page shows {shown or 'nothing'}"
                break


def other_dates(view: View, source: Path, page: BeautifulSoup) -> Iterator[str]:
    """Yield the first date that is not that of the fact which the source names in its place."""
    dated = [use for use in view.uses if use.page == source and use.when]
    for use, tag in zip_longest(dated, dates(page) if source in view.sources else ()):
        fact = use and view.numbers.facts.get(use.id.partition(".")[2])
        if not (fact and tag) or (tag.get("datetime"), tag.get_text()) != (str(fact.as_of), fact.when):
            wanted = f"{use.id}.as_of" if use else "no more date"
            where = at(source, use.line if use else 1, "")
            yield f"{where}{wanted} is named here, and the page shows {tag.get_text() if tag else 'none'}"
            break


def dates(page: BeautifulSoup) -> list[Tag]:
    """Return the dates of a page's text, in its order."""
    return [tag for tag in page.select("article time") if not tag.find_parent(is_made_of_data)]


def is_made_of_data(tag: Tag) -> bool:
    """Return whether other checks hold what a tag shows against its data."""
    return tag.name in OTHERS or tag.has_attr("data-table")


def shown_ids(page: BeautifulSoup) -> list[str]:
    """Return the id of each number and claim of a page's text, in its order; of several devices, the CPU's."""
    notes = page.select("article .number > .provenance")
    texts = [note for note in notes if not note.find_parent(OTHERS) and not note.find_parent(attrs={"hidden": True})]
    return [note.find("a")["href"].rpartition("#")[2] for note in texts]
