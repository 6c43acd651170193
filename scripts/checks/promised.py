"""What a page's source asks for is what its built page shows: the number that is named there, and no other."""

from collections.abc import Iterator

from scripts.checks import View, check
from scripts.errors import SiteError, at
from scripts.promises import broken, promises

KINDS = {"number", "claim", "date"}  # blocks, outputs, figures and tables have checks of their own


@check("pages")
def pages_show_what_their_sources_name(view: View) -> Iterator[str]:
    """Each number, claim and date that a source names stands on its page, in its order, as the data give it."""
    for name, page in view.pages.items():
        source = view.source_of(name)
        if source not in view.sources or not (article := page.select_one("article")):
            continue
        try:
            promised = [each for each in promises(source, view.numbers) if each.kind in KINDS]
        except SiteError:
            continue  # another check says which id is not known
        for promise, why in broken(promised, article):
            yield at(promise.page, promise.line, f"{promise.name} {why}")
