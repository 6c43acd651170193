"""One line written by two models: what the draft guessed, and what the target did with it."""

from itertools import takewhile
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures.svg import INK, LINE, QUIET
from scripts.numbers import Numbers

OWN = 5.2  # where the target's own token stands, right of the guesses
FRAME = [(-0.4, -0.4), (0.4, -0.4), (0.4, 0.4), (-0.4, 0.4), (-0.4, -0.4)]
STRIKE = [(-0.3, 0.3), (0.3, -0.3)]


def speculation_strip(numbers: Numbers) -> tuple[Figure, str]:
    """Draw a row for each pass of the target: guesses kept, struck out or not looked at, and its own token."""
    guesses = numbers.get("speculative_decoding.line_guesses").value
    written = numbers.get("speculative_decoding.line_written").value
    figure = Figure(figsize=(4.6, 0.3 * len(guesses) + 0.6), layout="constrained")
    axes = figure.subplots()
    kept_at, wrong_at, own_at = [], [], []
    for row, (guessed, wrote) in enumerate(zip(guesses, written)):
        kept = agreed(guessed, wrote)
        places = [(i, row) for i in range(len(guessed))]
        kept_at += places[:kept]
        wrong_at += places[kept : kept + 1] if kept < len(wrote) else []
        own_at += [(OWN, row)] * len(wrote[kept:])
        for (x, y), token in zip([*places, (OWN, row)], [*guessed, *wrote[kept:]]):
            seen = (x, y) in kept_at + wrong_at + own_at
            shown = {" ": "␣", "\n": "↵"}.get(token, token)
            axes.text(x, y, shown, color=INK if seen else QUIET, ha="center", va="center")
    strokes(axes, kept_at, FRAME, color=QUIET, linewidth=0.8)
    strokes(axes, own_at, FRAME, color=LINE, linewidth=2)
    strokes(axes, wrong_at, STRIKE, color=INK, linewidth=1.2)
    axes.text(-0.5, -1, "the draft's guesses", va="center")
    axes.text(OWN, -1, "the target's own", va="center", ha="center")
    axes.set(xlim=(-0.6, 7), ylim=(len(guesses) - 0.4, -1.5))
    axes.axis("off")
    line = "".join(written).replace("\n", "")
    words = (
        "The line that took the most passes, a row for each. Boxed: guesses kept. Struck out: where the target would "
        "have written something else; what follows is not looked at. Heavy box: the token that the target adds. "
        f"␣ is a space, ↵ the end. The boxes, row by row: {line}"
    )
    return figure, words


def agreed(guessed: str, wrote: str) -> int:
    """Return how many guesses the target kept.

    >>> agreed("salt", "so"), agreed("ot o", "ot on"), agreed("flap", "fl")
    (1, 4, 2)
    """
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(guessed, wrote))
    return len(list(pairs))


def strokes(axes: Axes, places: list[tuple[float, float]], shape: list[tuple[float, float]], **style: object) -> None:
    """Draw a shape at each place, all as one path: the page has a budget."""
    points = [(x + dx, y + dy) for x, y in places for dx, dy in [*shape, (nan, nan)]]
    axes.plot([x for x, _ in points], [y for _, y in points], clip_on=False, **style)
