"""A copy of the built site in which something is spoiled, so that a test in the browser must notice."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error

from tests.browser.conftest import Visit
from tests.browser.server import Server

Spoil = Callable[[Path], None]


def in_file(name: str, old: str, new: str) -> Spoil:
    """Return a fault: in one file of the site, a text is replaced by another."""

    def spoil(site: Path) -> None:
        path = site / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


@contextmanager
def must_fail(browser: Browser, site: Path, folder: Path, spoil: Spoil) -> Iterator[tuple[Callable[..., Visit], str]]:
    """Give what opens a page of the spoiled copy, and the copy's address; what is done with them must fail."""
    copy = folder / "site"
    shutil.copytree(site, copy)
    spoil(copy)
    with Server(copy) as url:

        def visit(path: str, **options) -> Visit:
            opened = Visit(browser, url, path, **options)
            opened.page.set_default_timeout(4_000)  # what does not come at once does not come
            return opened

        with pytest.raises((AssertionError, Error)):
            yield visit, url
