"""Who holds which slot when: one queue, served by static and by continuous batching."""

from matplotlib.figure import Figure

from scripts.figures.svg import INK, LINE, QUIET
from scripts.numbers import Numbers


def slot_timeline(numbers: Numbers) -> tuple[Figure, str]:
    """Draw each request as a bar in its slot; places that carry nobody are hatched."""
    slots = numbers.get("batching.slots").value
    seats, starts, ends = (numbers.get(f"batching.{name}").value for name in ("seats", "starts", "ends"))
    rides = list(zip(seats, starts, ends))
    half = len(rides) // 2  # the lists hold the static schedule, then the continuous one
    figure = Figure(figsize=(5.6, 3.0), layout="constrained")
    for axes, name, taken in zip(
        figure.subplots(2, 1, sharex=True), ("static", "continuous"), (rides[:half], rides[half:])
    ):
        passes = numbers.get(f"batching.{name}_passes")
        note = axes.annotate(
            f"{passes.text} passes", (passes.value, (slots - 1) / 2), (6, 0), textcoords="offset points", va="center"
        )
        note.set_gid(f"number:{passes.id}")
        for slot in range(slots):
            mine = sorted((start, end) for seat, start, end in taken if seat == slot)
            # A hair between two bars tells one request from the next.
            bars = [(start + 0.5, end - start - 1) for start, end in mine]
            axes.broken_barh(bars, (slot - 0.4, 0.8), facecolor=LINE, linewidth=0)
            edges = [0, *(edge for ride in mine for edge in ride), passes.value]
            empty = [(a, b - a) for a, b in zip(edges[::2], edges[1::2]) if b > a]
            axes.broken_barh(empty, (slot - 0.4, 0.8), facecolor="none", edgecolor=QUIET, hatch="/////", linewidth=0)
        axes.set_yticks(range(slots), [""] * slots)
        axes.set_ylabel("slots")
        axes.set_title(name, loc="left", fontsize=10, color=INK)
        axes.invert_yaxis()
    axes.set(xlabel="pass", xlim=(0, 1.2 * max(ends)))
    words = (
        "Each row is a slot, each solid bar a request being answered. Hatched places are computed and carry nobody. "
        "Static: the slots wait for the longest answer among them. Continuous: the next request takes a slot as soon "
        "as it is free."
    )
    return figure, words
