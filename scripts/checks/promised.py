"""What a page's source asks for is what its built page shows: the number that is named there, and no other.

The other checks of a shown number start from the page: its text, its note and its link could all be those of one number
where the source names another.
"""

from collections.abc import Iterator
from itertools import zip_longest

from bs4 import BeautifulSoup

from scripts.checks import View, check
from scripts.errors import at
from scripts.reading import MINUTES_ID, RATE_ID


@check("pages")
def pages_show_what_their_sources_name(view: View) -> Iterator[str]:
    """Each page shows the numbers and claims that its source names, in their order."""
    for name, page in view.pages.items():
        source = view.source_of(name)
        named = [use for use in view.uses if use.page == source and not use.when]
        for use, shown in zip_longest(named, shown_ids(page) if source in view.sources else ()):
            wanted = RATE_ID if use and use.id == MINUTES_ID else use and use.id
            if wanted != shown:
                where = at(source, use.line if use else 1, "")
                yield f"{where}{wanted or 'nothing more'} is named here, and the page shows {shown or 'nothing'}"
                break


def shown_ids(page: BeautifulSoup) -> list[str]:
    """Return the id of each number and claim of a page's text, in its order; of several devices, the CPU's."""
    notes = page.select("article .number > .provenance")
    others = ["figure", "cost-calculator"]  # what these show, other checks hold against its data
    texts = [note for note in notes if not note.find_parent(others) and not note.find_parent(attrs={"hidden": True})]
    return [note.find("a")["href"].rpartition("#")[2] for note in texts]
