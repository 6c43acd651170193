"""The HTML that a page is given by name: a number, a claim, a date, a source, each telling where it comes from.

Links are relative to docs/; the extension makes them relative to the page at the end.
"""

import math
import re
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

from markdown.util import AtomicString

from scripts.common import SiteError, element
from scripts.numbers import Number, Numbers
from scripts.schema import GRADES, Fact, Spec

RATE_ID = "facts.reading_words_per_minute"
MINUTES = Spec(label="Time to read this page", unit="minute", formula="words / rate")
NUMBERS_PAGE, CLAIMS_PAGE = "reference/numbers.md", "reference/claims.md"
MOST_MARKS = 2  # of sources behind one number
OURS = "data-ours"  # marks a link that is relative to docs/


def noted(shown: ET.Element, sentence: str, page: str, row: str) -> ET.Element:
    """Return what is shown, and on hover, focus or tap a sentence about it, with a link to where all is said of it.

    It needs no JavaScript: the style sheet shows the note. Its number on the page, and that of its sources, come later.
    """
    shown.set("tabindex", "0")
    link = element("a", "all about it", href=f"{page}#{row}", data_ours="")
    link.tail = "."
    note = element("span", AtomicString(f"{sentence}; "), [link], class_="provenance")
    note.set("data-search-exclude", "")
    return element("span", None, [shown, note], class_="number")


def misuse(used_id: str, part: str, words: str, numbers: Numbers) -> str | None:
    """Return what is wrong with a reference in a sentence: it names nothing, or has what does not go with it."""
    group, _, name = used_id.partition(".")
    if group == "claims" and name not in numbers.claims:
        return numbers.unknown(used_id)
    if (group == "claims") != bool(words):
        return f"{used_id}: a claim is written {{{{ {used_id} | its words }}}}, and only a claim"
    if words:
        known = numbers.claims[name].words
        said = " or ".join(map(repr, known))
        return None if words in known else f"{used_id} is for the words {said}, not for {words!r}"
    if used_id != "reading.minutes" and not numbers.knows(used_id):
        return numbers.unknown(used_id)
    fact = numbers.facts.get(name) if group == "facts" else None
    return f"{used_id} has no {part}" if part and not (fact and (part != "period" or fact.period)) else None


class Elements:
    """Makes what a page names; remembers the public figures behind each element, for the list of sources."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.facts: dict[ET.Element, tuple[Fact, ...]] = {}

    def number(self, number: Number, row: str = "") -> ET.Element:
        """Return a number: its value to six digits for machines, its text for people, and where it comes from."""
        value = f"{number.value:.6g}" if isinstance(number.value, float) else str(number.value)
        shown = element("data", AtomicString(number.text), value=value)
        made = noted(shown, f"{number.spec.label}: {number.provenance}", NUMBERS_PAGE, row or number.id)
        if number.expired:
            made.insert(1, element("small", " (old)", class_="expired"))
        self.cite(made, number.facts)
        return made

    def cite(self, made: ET.Element, facts: tuple[Fact, ...]) -> None:
        """Remember what stands behind an element; of many sources its note tells, not a row of marks."""
        if len({(fact.publisher, fact.source) for fact in facts}) <= MOST_MARKS:
            self.facts[made] = facts

    def source(self, fact: Fact) -> ET.Element:
        """Return who says it and of what year, once for all figures of a paragraph; it leads to the list of sources."""
        made = element("a", AtomicString(f"{fact.publisher}, {fact.as_of.year}"), href="#sources", class_="pill")
        self.facts[made] = (fact,)
        return made

    def claim(self, claim_id: str, words: str) -> ET.Element:
        """Return a claim's words, and on what condition they stand."""
        stated = self.numbers.claim(claim_id)
        made = noted(element("span", words, class_="claimed"), stated.provenance, CLAIMS_PAGE, claim_id)
        self.cite(made, stated.facts)
        return made

    def named(self, reference: re.Match, words_of_page: int = 0) -> ET.Element:
        """Return what a reference in a sentence names.

        Raises:
            SiteError: it names nothing, or has a part that does not go with it.

        """
        used_id, part, words = reference["id"], reference["part"], reference["words"]
        if wrong := misuse(used_id, part, words, self.numbers):
            raise SiteError(wrong)
        if words:
            return self.claim(used_id, words)
        if used_id == "reading.minutes":
            return self.minutes(words_of_page)
        number = self.numbers.get(used_id)
        if not part:
            return self.number(number)
        if part == "source":
            return self.source(number.spec)
        shown = number.spec.period if part == "period" else number.spec.when
        return element("time", AtomicString(shown), datetime=str(number.spec.as_of)[:7])

    def minutes(self, words: int) -> ET.Element:
        """Return the reading time of so many words, in whole minutes, rounded up."""
        rate = self.numbers.get(RATE_ID)
        why = (
            f"computed at every build from the {words:,} words of this page that aren't folded, code not counted, at "
            f"{rate.text} a minute"
        )
        number = Number("reading.minutes", MINUTES, math.ceil(words / rate.value), why, (rate,))
        made = self.number(number, row=RATE_ID)
        del self.facts[made]  # its note tells; a mark on each page would not help
        return made


def say(caption: ET.Element, words: str) -> None:
    """Add words to the end of an element."""
    if len(caption):
        caption[-1].tail = AtomicString((caption[-1].tail or "") + words)
    else:
        caption.text = AtomicString((caption.text or "") + words)


def ours(made: ET.Element) -> ET.Element:
    """Return an element whose links are relative to docs/, marked so."""
    for link in made.iter("a"):
        if not urlsplit(link.get("href")).scheme:
            link.set(OURS, "")
    return made


def tabs(name: str, panels: dict[str, ET.Element]) -> ET.Element:
    """Return linked content tabs, as pymdownx.tabbed writes them."""
    made = element("div", class_="tabbed-set tabbed-alternate", data_tabs=f"{name}:{len(panels)}")
    labels, content = element("div", class_="tabbed-labels"), element("div", class_="tabbed-content")
    for number, (label, panel) in enumerate(panels.items(), 1):
        key = f"__tabbed_{name}_{number}"
        made.append(element("input", id=key, name=f"__tabbed_{name}", type="radio"))
        labels.append(element("label", label, for_=key))
        content.append(element("div", None, [panel], class_="tabbed-block"))
    made[0].set("checked", "checked")
    made.extend([labels, content])
    return made


def source_item(number: int, facts: list[Fact]) -> ET.Element:
    """Return one line of the list of sources: who says it, where, and what each figure counts."""
    link = element("a", AtomicString(facts[0].source), href=str(facts[0].url))
    alike: dict[str, list[str]] = {}
    for fact in facts:
        standing = f"As of {fact.as_of}; {GRADES[fact.grade][0]}, checked {fact.checked}."
        alike.setdefault(standing, []).append(f"{fact.label}: {fact.boundary}.")
    said = [f"{' '.join(figures)} {standing}" for standing, figures in alike.items()]
    link.tail = AtomicString(". " + " ".join(said))
    return element("li", AtomicString(f"{facts[0].publisher}, "), [link], id=f"source-{number}")
