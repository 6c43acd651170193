"""Resources: what the site recommends to read and watch, with the minutes it takes (``docs/resources.toml``)."""

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import HttpUrl, PositiveInt

from scripts.entries import Strict, load_entries
from scripts.paths import RESOURCES


class Resource(Strict):
    """One resource. ``why`` says, in our own words, what it is good for."""

    title: str
    url: HttpUrl
    kind: Literal["video", "article"]
    minutes: PositiveInt
    by: str
    published: date | None = None
    why: str


def load_resources(path: Path = RESOURCES) -> dict[str, Resource]:
    """Read and check ``resources.toml``, in its order.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    return load_entries(path, Resource)
