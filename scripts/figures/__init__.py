"""Pictures drawn from the records at build time, one module each, with their figures in words."""

import io
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from scripts.common import SiteError
from scripts.figures.accuracy_by_bits import accuracy_by_bits
from scripts.figures.arithmetic import arithmetic
from scripts.figures.bus import bus
from scripts.figures.decoding import decoding
from scripts.figures.lora import forgetting, lora_shares
from scripts.figures.loss_curve import loss_curve
from scripts.figures.memory_or_arithmetic import memory_or_arithmetic
from scripts.figures.memory_parts import memory_parts
from scripts.figures.one_model import one_model
from scripts.figures.predicted_measured import predicted_measured
from scripts.figures.read_write import read_write
from scripts.figures.ridge_points import ridge_points
from scripts.figures.roofline import roofline, waiting
from scripts.figures.shards import shards
from scripts.figures.slot_timeline import slot_timeline
from scripts.figures.speculation_strip import speculation_strip
from scripts.figures.stages import stages
from scripts.figures.svg import STYLE, tidy
from scripts.figures.token_loop import token_loop
from scripts.numbers import Number, Numbers
from scripts.pages import REFERENCE

FIGURES: dict[str, Callable[[Numbers], tuple[Figure, str]]] = {
    "decoding": decoding,
    "loss-curve": loss_curve,
    "predicted-measured": predicted_measured,
    "roofline": roofline,
    "slot-timeline": slot_timeline,
}
PANELS: dict[str, Callable[[Numbers], tuple[ET.Element, str]]] = {
    "accuracy-by-bits": accuracy_by_bits,
    "arithmetic": arithmetic,
    "bus": bus,
    "forgetting": forgetting,
    "lora-shares": lora_shares,
    "memory-or-arithmetic": memory_or_arithmetic,
    "memory-parts": memory_parts,
    "one-model": one_model,
    "read-write": read_write,
    "ridge-points": ridge_points,
    "shards": shards,
    "speculation-strip": speculation_strip,
    "stages": stages,
    "token-loop": token_loop,
    "waiting": waiting,
}


def draw(name: str, numbers: Numbers) -> tuple[str, str]:
    """Return a figure's SVG or HTML, and its words, with numbers by name as on a page.

    Raises:
        SiteError: there is no such figure.

    """
    if name in PANELS:
        made, words = PANELS[name](numbers)
        return ET.tostring(made, "unicode", method="html"), words
    if name not in FIGURES:
        raise SiteError(f"unknown figure {name}; there are {', '.join(sorted(FIGURES | PANELS))}")
    with mpl.rc_context(STYLE):
        figure, words = FIGURES[name](numbers)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return tidy(out.getvalue(), name, in_words(words, numbers)), words


class Recorder(Numbers):
    """Numbers that note which of them were asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: set[str] = set()

    def get(self, number_id: str) -> Number:
        self.asked.add(number_id)
        return super().get(number_id)


def numbers_drawn(names: Iterable[str], root: Path) -> set[str]:
    """Return the ids of all numbers that some figures show, in them or in their words."""
    recorder = Recorder(root)
    with mpl.rc_context(STYLE):
        for name in names:
            in_words((FIGURES | PANELS)[name](recorder)[1], recorder)
    return recorder.asked


def in_words(text: str, numbers: Numbers) -> str:
    """Return a text with the values of its numbers, for places that can hold no markup."""
    return REFERENCE.sub(lambda match: match["words"] or numbers.get(match["id"]).text, text)
