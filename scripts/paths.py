"""The ways through the site (``docs/paths.toml``): how far a reader is on one, and what comes next."""

import xml.etree.ElementTree as ET
from functools import cached_property
from pathlib import Path

from scripts.common import SiteError, at, element
from scripts.pages import Page
from scripts.schema import Strict, load_entries


class Way(Strict):
    """A list of pages, in the order in which they are read."""

    label: str
    pages: tuple[str, ...]


class Ways:
    """The ways of a site."""

    def __init__(self, docs: Path) -> None:
        self.docs, self.path = docs, docs / "paths.toml"

    @cached_property
    def known(self) -> dict[str, Way]:
        return load_entries(self.path, Way) if self.path.exists() else {}

    def way(self, name: str) -> Way:
        """Return a way.

        Raises:
            SiteError: there is none of that name.

        """
        if name not in self.known:
            raise SiteError(f"unknown path {name}; there are {', '.join(self.known)}")
        return self.known[name]

    def head(self, name: str, page: str, minutes: ET.Element) -> ET.Element:
        """Return the line below a page's claim: how far one is, how long it takes, and the switch for its code.

        Raises:
            SiteError: there is no such way, or the page is not on it.

        """
        way = self.way(name)
        if page not in way.pages:
            raise SiteError(at(self.path, 1, f"{page} is not among the pages of {name}; add it"))
        place, of = str(way.pages.index(page) + 1), str(len(way.pages))
        done = element("progress", value=place, max=of, aria_hidden="true")
        done.tail = f" {way.label}, {place} of {of}"
        parts = [element("span", None, [done]), element("span", None, [minutes])]
        if "```python" in (self.docs / page).read_text(encoding="utf-8"):
            labels = [switch("With code", "code-on"), switch("Without", "code-off")]
            labels[0][0].set("checked", "checked")
            parts.append(element("span", None, labels, class_="seg", role="radiogroup", aria_label="Show the code"))
        return element("div", None, parts, class_="meta")

    def next(self, name: str, page: str) -> ET.Element:
        """Return a link to the page after this one, or to the first of a way that this one isn't on.

        Raises:
            SiteError: there is no such way, or it ends here.

        """
        pages = self.way(name).pages
        place = pages.index(page) + 1 if page in pages else 0
        if place == len(pages):
            raise SiteError(f"{page} is the last page of {name}: nothing comes next")
        then = Page(self.docs / pages[place], self.docs)
        link = element("a", f"Next: {then.title}", href=pages[place])
        said = element("p", then.description)
        return element("div", None, [element("div", None, [element("p", None, [link]), said])], class_="next")


def switch(label: str, name: str) -> ET.Element:
    choice = element("input", type="radio", name="code", class_=name)
    choice.tail = label
    return element("label", None, [choice])
