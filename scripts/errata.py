"""Errata: each error that was found on the site, what mended it, and the test that now catches it."""

from datetime import date
from pathlib import Path

from pydantic import Field

from scripts.entries import Strict, load_entries
from scripts.paths import ERRATA


class Erratum(Strict):
    """One error. ``test`` is ``check NAME`` for one of ``scripts/checks/``, or one test as pytest names it.

    That is ``tests/file.py::function``, with ``[its case]`` behind where the function runs several.
    """

    found: date
    was: str
    now: str
    commit: str = Field(pattern=r"^[0-9a-f]{7,40}$")
    test: str


def load_errata(path: Path = ERRATA) -> dict[str, Erratum]:
    """Read and check ``errata.toml``, in its order.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    return load_entries(path, Erratum)
