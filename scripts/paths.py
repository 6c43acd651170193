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

    def place(self, name: str, page: str) -> tuple[Way, int]:
        """Return a way, and where on it a page is.

        Raises:
            SiteError: there is no such way, or the page is not on it.

        """
        if name not in self.known:
            raise SiteError(f"unknown path {name}; there are {', '.join(self.known)}")
        if page not in self.known[name].pages:
            raise SiteError(at(self.path, 1, f"{page} is not among the pages of {name}; add it"))
        return self.known[name], self.known[name].pages.index(page)

    def head(self, name: str, page: str, minutes: ET.Element) -> ET.Element:
        """Return the line below a page's claim: how far one is, how long it takes, and the switch for its code."""
        way, place = self.place(name, page)
        done = element("progress", value=str(place + 1), max=str(len(way.pages)), aria_hidden="true")
        done.tail = f" {way.label}, {place + 1} of {len(way.pages)}"
        parts = [element("span", None, [done]), element("span", None, [minutes])]
        if "```python" in (self.docs / page).read_text(encoding="utf-8"):
            labels = [switch("With code", "code-on"), switch("Without", "code-off")]
            labels[0][0].set("checked", "checked")
            parts.append(element("span", None, labels, class_="seg", role="radiogroup", aria_label="Show the code"))
        return element("div", None, parts, class_="meta")

    def next(self, name: str, page: str) -> ET.Element:
        """Return a link to the page that comes next, with what that page says of itself."""
        way, place = self.place(name, page)
        following = way.pages[place + 1 : place + 2]
        if not following:
            raise SiteError(f"{page} is the last page of {name}: nothing comes next")
        then = Page(self.docs / following[0], self.docs)
        link = element("a", f"Next: {then.title}", href=following[0])
        said = element("p", then.description)
        return element("div", None, [element("div", None, [element("p", None, [link]), said])], class_="next")


def switch(label: str, name: str) -> ET.Element:
    choice = element("input", type="radio", name="code", class_=name)
    choice.tail = label
    return element("label", None, [choice])
