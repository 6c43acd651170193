"""One line written by two models: what the draft guessed, and what the target did with it."""

import xml.etree.ElementTree as ET
from itertools import takewhile

from scripts.common import element
from scripts.figures.token_loop import spelled
from scripts.numbers import Numbers


def speculation_strip(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw a box for each pass of the target: guesses kept, guesses thrown away, and its own token."""
    guesses = numbers.get("speculative_decoding.line_guesses").value
    written = numbers.get("speculative_decoding.line_written").value
    passes = []
    for guessed, wrote in zip(guesses, written, strict=True):
        kept = agreed(guessed, wrote)
        ended = kept == len(wrote)  # the line is over: what else was guessed does not count
        parts = [
            element("span", shown(guessed[:kept]), class_="kept"),
            element("s", "" if ended else shown(guessed[kept:])),
            element("b", shown(wrote[kept:])),
        ]
        passes.append(element("li", None, [part for part in parts if part.text]))
    words = (
        "Each box is one pass of the big model. Plain: guesses of the small one that it keeps. Struck out: guesses "
        "that it throws away. Bold: what it writes itself. ␣ is a space, ↵ the end."
    )
    return element("ol", None, passes, class_="passes model"), words


def shown(tokens: str) -> str:
    return "".join(map(spelled, tokens))


def agreed(guessed: str, wrote: str) -> int:
    """Return how many guesses the target kept.

    >>> agreed("salt", "so"), agreed("ot o", "ot on"), agreed("flap", "fl")
    (1, 4, 2)
    """
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(guessed, wrote))
    return len(list(pairs))
