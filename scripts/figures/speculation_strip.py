"""One line written by two models: what the draft guessed, and what the target did with it."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.figures.svg import INK, LINE, QUIET
from scripts.numbers import Numbers

OWN = 5.2  # where the target's own token stands, right of the guesses


def speculation_strip(numbers: Numbers) -> tuple[Figure, str]:
    """Draw a row for each pass of the target: guesses kept, struck out or not looked at, and its own token."""
    guesses = numbers.get("speculative_decoding.line_guesses").value
    written = numbers.get("speculative_decoding.line_written").value
    figure = Figure(figsize=(4.6, 0.34 * len(guesses) + 0.9), layout="constrained")
    axes = figure.subplots()
    for row, (guessed, wrote) in enumerate(zip(guesses, written)):
        kept = agreed(guessed, wrote)
        for i, token in enumerate(guessed):
            wrong = i == kept < len(wrote)
            if i < kept:
                box(axes, i, row, color=QUIET, linewidth=0.8)
            elif wrong:
                axes.plot([i - 0.3, i + 0.3], [row + 0.3, row - 0.3], color=INK, linewidth=1.2)
            letter(axes, i, row, token, INK if i < kept or wrong else QUIET)
        for token in wrote[kept:]:
            box(axes, OWN, row, color=LINE, linewidth=2)
            letter(axes, OWN, row, token, INK)
    axes.text(-0.5, -1, "the draft's guesses", va="center")
    axes.text(OWN, -1, "the target's own", va="center", ha="center")
    axes.set(xlim=(-0.6, 7), ylim=(len(guesses) - 0.4, -1.5))
    axes.axis("off")
    line = "".join(written).replace("\n", "")
    words = (
        "A line, with a row for each pass of the target. Boxed: the guesses that it kept. Struck out: where it would "
        "have written something else; what follows is not looked at. In a heavy box, at the right: the token that the "
        f"target adds. ␣ is a space, and ↵ ends the line. The boxes, row by row: {line}"
    )
    return figure, words


def agreed(guessed: str, wrote: str) -> int:
    """Return how many guesses the target kept.

    >>> agreed("salt", "so"), agreed("ot o", "ot on"), agreed("flap", "fl")
    (1, 4, 2)
    """
    return next(
        (i for i, (one, other) in enumerate(zip(guessed, wrote)) if one != other), min(len(guessed), len(wrote))
    )


def box(axes: Axes, x: float, y: float, **style: object) -> None:
    """Draw the frame of a token."""
    axes.plot([x - 0.4, x + 0.4, x + 0.4, x - 0.4, x - 0.4], [y + 0.4, y + 0.4, y - 0.4, y - 0.4, y + 0.4], **style)


def letter(axes: Axes, x: float, y: float, token: str, color: str) -> None:
    """Write a token, so that it can be seen."""
    axes.text(x, y, {" ": "␣", "\n": "↵"}.get(token, token), color=color, ha="center", va="center")
