"""A small site made in memory, for tests that need neither a build nor the real data."""

from datetime import date
from pathlib import Path

from bs4 import BeautifulSoup

from scripts.checks import View
from scripts.claims import Claim
from scripts.contracts import Contract, Contracts
from scripts.facts import Fact
from scripts.numbers import Numbers
from scripts.records import Record


def contract(check="exact", unit="step", **more) -> Contract:
    return Contract(label="Steps", unit=unit, check=check, **more)


def fact(**changes) -> Fact:
    """Return a public figure that is sound and never grows old, with some changes."""
    sound = {
        "label": "Tokens read",
        "value": 1e9,
        "unit": "token",
        "boundary": "pre-training only",
        "source": "A paper",
        "publisher": "A university",
        "url": "https://example.org/paper",
        "as_of": date(2024, 1, 15),
        "checked": date(2026, 1, 1),
        "kind": "paper",
        "grade": "A",
    }
    return Fact.model_validate(sound | changes)


def claim(holds, **more) -> Claim:
    return Claim(**{"words": ("many",), "holds": holds, "why": "Because."} | more)


def record(snippet="train", device="cpu", **changes) -> Record:
    """Return a sealed record of two numbers, with some changes."""
    whole = {
        "snippet": snippet,
        "device": device,
        "device_name": "A processor" if device == "cpu" else f"NVIDIA {device.upper()}",
        "python": "3.11.9",
        "torch": "2.13.0+cpu",
        "threads": 2,
        "dtype": "float32",
        "seed": 1,
        "measured_utc": "2026-01-02T03:04:05Z",
        "commit": "0123456789abcdef",
        "dirty": False,
        "sources": {},
        "lock": "",
        "seconds": 1.0,
        "values": {"steps": 2592, "loss": 0.0849},
        "stdout": ["loss 0.0849 after 10 s", "done"],
        "checksum": "",
    }
    return Record.model_validate(whole | changes).sealed()


NAMED = {"train": {"steps": contract(), "loss": contract("approx", "nat/character", rel=0.1)}}


class SmallNumbers(Numbers):
    """The numbers of one device, from what is given in the place of files."""

    def __init__(self, contracts=None, records=None, facts=None, claims=None, device="cpu"):
        super().__init__(device, Contracts(numbers=NAMED if contracts is None else contracts))
        records = [record(device=device)] if records is None else records
        self.records = {each.snippet: each for each in records}
        self.facts = facts or {}
        self.claims = claims or {}


class SmallView(View):
    """A view of pages that are given as HTML; ``given`` stands in the place of what a view would read."""

    def __init__(self, pages=None, numbers=None, **given):
        super().__init__(Path("/no-such-folder"))
        self.pages = {name: BeautifulSoup(text, "html.parser") for name, text in (pages or {}).items()}
        self.numbers = numbers or SmallNumbers()
        self.contracts = self.numbers.contracts
        self.devices = {"cpu": self.numbers}
        self.uses, self.sources = [], []
        self.__dict__ |= given


def found(check, view) -> list[str]:
    """Return what a check says, without the stages and the errors of a whole run."""
    return list(check(view))
