"""How long a page takes to read: its words of prose, at the rate of an adult reader (a public figure)."""

import math
import re
from collections.abc import Iterable
from pathlib import Path

from scripts.contracts import Contract
from scripts.notation import prose_lines
from scripts.numbers import Number, Numbers

MINUTES_ID = "reading.minutes"
RATE_ID = "facts.reading_words_per_minute"
MINUTES = Contract(
    label="Time to read this page",
    unit="minute",
    check="derived",
    function="reading.minutes_for",
    arguments={"rate": RATE_ID},
)


def words(lines: Iterable[str]) -> int:
    """Return the number of words in lines of prose. Notation in braces reads as one word.

    >>> words(["It took {{ train.steps }} steps.", "", "| a | b |"])
    6
    """
    return sum(len(re.findall(r"[\w'’.-]*\w", re.sub(r"\{\{[^}]*\}\}", "x", line))) for line in lines)


def minutes(page: Path, numbers: Numbers) -> Number:
    """Return a page's reading time, in whole minutes, rounded up. Code is not counted."""
    return minutes_for(words(line for _, line in prose_lines(page)), numbers)


def minutes_for(count: int, numbers: Numbers) -> Number:
    """Return the time to read this many words."""
    rate = numbers.get(RATE_ID)
    why = f"computed at every build from the {count:,} words of this page, code not counted, at {rate.text} a minute"
    return Number(MINUTES_ID, MINUTES, math.ceil(count / rate.value), why)
