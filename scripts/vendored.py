"""Files of others that the site publishes copies of: where from, on what terms, and their checksums."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, HttpUrl

from scripts.entries import Strict, entry_line, load_entries
from scripts.errors import at
from scripts.paths import VENDORED, VENDORED_LIST

Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Vendored(Strict):
    """One work of others. ``files``: the SHA-256 of each, by its path in the folder that bears the work's name."""

    version: str
    license: str
    source: HttpUrl
    why: str
    files: Annotated[dict[str, Checksum], Field(min_length=1)]


def load_vendored(path: Path = VENDORED_LIST) -> dict[str, Vendored]:
    """Read and check ``vendored.toml``.

    Raises:
        SiteError: the file does not parse, or an entry breaks the schema; the message names file, line and key.

    """
    return load_entries(path, Vendored)


def differences(folder: Path = VENDORED, listed_in: Path = VENDORED_LIST) -> Iterator[str]:
    """Yield each file that is not the one listed, is missing, or is listed nowhere."""
    listed = {}
    for name, work in load_vendored(listed_in).items():
        where = entry_line(listed_in, name)
        for file, checksum in work.files.items():
            path = folder / name / file
            listed[path] = checksum
            if not path.is_file():
                yield at(listed_in, where, f"{name}: {file} is missing; take it from {work.source}")
            elif hashlib.sha256(path.read_bytes()).hexdigest() != checksum:
                message = f"{name}: {file} is not the file of version {work.version}; take it from {work.source}"
                yield at(listed_in, where, message)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path not in listed:
            yield at(path, 1, f"nothing says where this is from; list it in {listed_in.name}, or remove it")
