"""Who holds which slot when: one queue, served by static and by continuous batching."""

from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from scripts.figures.svg import LINE, QUIET
from scripts.numbers import Numbers


def slot_timeline(numbers: Numbers) -> tuple[Figure, str]:
    """Draw each request as a bar in its slot; what is left of the frame carries nobody."""
    slots = numbers.get("batching.slots").value
    seats, starts, ends = (numbers.get(f"batching.{name}").value for name in ("seats", "starts", "ends"))
    rides = list(zip(seats, starts, ends))
    half = len(rides) // 2  # the lists hold the static schedule, then the continuous one
    figure = Figure(figsize=(4.8, 2.8), layout="constrained")
    axes = figure.subplots()
    for name, taken, top in (("static", rides[:half], 0), ("continuous", rides[half:], slots + 1.4)):
        passes = numbers.get(f"batching.{name}_passes")
        axes.add_patch(Rectangle((0, top), passes.value, slots, facecolor="none", edgecolor=QUIET))
        axes.add_patch(PathPatch(bars(taken, top), edgecolor=LINE, linewidth=11, capstyle="butt", facecolor="none"))
        axes.text(0, top - 0.2, f"{name} batching", va="bottom")
        axes.text(passes.value + 4, top + slots / 2, f"{passes.text} passes", va="center", gid=f"number:{passes.id}")
    axes.set(
        xlabel="pass",
        xlim=(-2, 1.2 * max(ends)),
        ylim=(2 * slots + 1.6, -1.2),
        yticks=[],
        xticks=range(0, max(ends), 100),
    )
    axes.spines["left"].set_visible(False)
    axes.tick_params(length=0)
    words = (
        "Each row is a slot, each bar a request being answered; where a row is empty, it carries nobody. Static "
        "batching waits for the longest answer. Continuous batching fills each slot as soon as it is free."
    )
    return figure, words


def bars(rides: list[tuple[int, int, int]], top: float) -> Path:
    """Return a stroke for each (slot, start, end), as one path; a gap tells one request from the next."""
    strokes = [((start, top + slot + 0.5), (end - 1, top + slot + 0.5)) for slot, start, end in sorted(rides)]
    return Path([point for stroke in strokes for point in stroke], [Path.MOVETO, Path.LINETO] * len(strokes))
