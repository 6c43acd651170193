"""One line written by two models: what the draft guessed, and what the target did with it."""

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
            letter(axes, i, row, token, INK if i <= kept else QUIET)
        for token in wrote[kept:]:
            box(axes, OWN, row, color=LINE, linewidth=2)
            letter(axes, OWN, row, token, INK)
    axes.text(-0.5, -1, "the draft's guesses", va="center")
    axes.text(OWN, -1, "the target's own", va="center", ha="center")
    axes.set(xlim=(-0.6, 7), ylim=(len(guesses) - 0.4, -1.5))
    axes.axis("off")
    words = (
        "A line of {{ speculative_decoding.layers }} layers' work, a row for each pass of the target. Boxed: guesses that "
        "it kept. Struck out: the first wrong one; those after it are not looked at. Heavy box: the token that the target "
        "adds. ␣ is a space, ↵ ends the line. Read boxes only, row by row: "
        "{{ speculative_decoding.line_written }}."
    )
    return figure, words


def agreed(guessed: str, wrote: str) -> int:
    """Return how many guesses the target kept.

    >>> agreed("salt", "so"), agreed("ot o", "ot on"), agreed("flap", "fl")
    (1, 4, 2)
    """
    return next((i for i, (one, other) in enumerate(zip(guessed, wrote)) if one != other), min(len(guessed), len(wrote)))
