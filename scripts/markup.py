"""The elements that a page is given by name: a number, a claim, a date, a source, each telling where it comes from.

Only this module and its callers may write these classes; authors cannot (see ``scripts/checks/wording.py``), so a check
that meets one on a built page knows who wrote it.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from markdown.util import AtomicString

from scripts.elements import element
from scripts.facts import GRADES, Fact
from scripts.numbers import Number, Stated

NUMBERS_PAGE = "/reference/numbers.md"
CLAIMS_PAGE = "/reference/claims.md"


def with_provenance(shown: ET.Element, sentence: str, address: str) -> ET.Element:
    """Return what is shown, and on hover, focus or tap a sentence about it, with a link to where all is said of it.

    It needs no JavaScript: the style sheet shows the note. The note's id is given later, in the order of the page. Its
    text is atomic, as that of the sources is: abbreviations are explained where they are read, and only there.
    """
    shown.set("tabindex", "0")
    link = element("a", "all about it", href=address)
    link.tail = "."
    note = element("span", AtomicString(f"{sentence}; "), [link], class_="provenance")
    note.set("data-search-exclude", "")
    return element("span", None, [shown, note], class_="number")


def number_element(number: Number, row: str | None = None) -> ET.Element:
    """Return a number: its value to six digits for machines, its text for people, and where it comes from."""
    value = f"{number.value:.6g}" if isinstance(number.value, float) else str(number.value)
    made = with_provenance(
        element("data", number.text, value=value),
        f"{number.label}: {number.provenance}",
        f"{NUMBERS_PAGE}#{row or number.id}",
    )
    if number.expired:
        made.insert(1, element("strong", " (old figure)", class_="expired"))
    return cited(made, number.facts)


def claim_element(stated: Stated, words: str) -> ET.Element:
    """Return a claim's words, and on what condition they stand."""
    shown = element("span", words, class_="claimed")
    return cited(with_provenance(shown, stated.provenance, f"{CLAIMS_PAGE}#{stated.id}"), stated.facts)


def cited(made: ET.Element, facts: Iterable[str]) -> ET.Element:
    """Return the element marked with the facts behind it; the mark becomes a numbered reference later."""
    if facts:
        made.set("data-facts", " ".join(facts))
    return made


def date_element(fact: Fact) -> ET.Element:
    """Return the month that a fact speaks of."""
    return element("time", fact.when, datetime=str(fact.as_of))


def source_key(fact: Fact) -> tuple[str, str, str]:
    """Return what makes two facts share one source."""
    return fact.publisher, fact.source, str(fact.url)


def source_sentence(fact: Fact) -> str:
    """Return what one figure of a source is, what it counts, and how it is known."""
    return f"{fact.label}: {fact.boundary}; as of {fact.as_of}; {GRADES[fact.grade].known}, checked {fact.checked}."


def source_item(number: int, facts: list[Fact]) -> ET.Element:
    """Return one line of the list of sources: who says it, where, and what each figure counts."""
    link = element("a", facts[0].source, href=str(facts[0].url))
    link.tail = AtomicString(". " + " ".join(map(source_sentence, facts)))
    return element("li", f"{facts[0].publisher}, ", [link], id=f"source-{number}")
