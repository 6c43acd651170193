"""The data files say what they mean: each parses, and every entry keeps its schema."""

from collections.abc import Iterator

from scripts.checks import View, check
from scripts.claims import load_claims
from scripts.contracts import load_contracts
from scripts.errata import load_errata
from scripts.errors import SiteError
from scripts.facts import load_facts
from scripts.paths import RECORDS
from scripts.records import devices, load_record
from scripts.resources import load_resources
from scripts.wording import load_exceptions


@check("data")
def contracts_are_sound(view: View) -> Iterator[str]:
    """Each number says what it is, its unit and how it is checked."""
    load_contracts()
    yield from ()


@check("data")
def facts_are_sound(view: View) -> Iterator[str]:
    """Each public figure has its unit, boundary, source, dates and grade."""
    load_facts()
    yield from ()


@check("data")
def claims_are_sound(view: View) -> Iterator[str]:
    """Each claim has a condition that can be read."""
    load_claims()
    yield from ()


@check("data")
def exceptions_are_sound(view: View) -> Iterator[str]:
    """Each exception has its words, its kind and a reason."""
    load_exceptions()
    yield from ()


@check("data")
def resources_are_sound(view: View) -> Iterator[str]:
    """Each resource has its address, its minutes and a reason to read it."""
    load_resources()
    yield from ()


@check("data")
def errata_are_sound(view: View) -> Iterator[str]:
    """Each erratum has its date, what was wrong, and the test that catches it now."""
    load_errata()
    yield from ()


@check("data")
def records_are_sound(view: View) -> Iterator[str]:
    """Each record is whole, as it was written, and in its place."""
    for device in devices():
        for path in sorted((RECORDS / device).glob("*.json")):
            try:
                load_record(path.stem, device)
            except SiteError as error:
                yield str(error)
