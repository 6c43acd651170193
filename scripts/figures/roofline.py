"""What a core computes in a second against what it computes for each byte: two limits, and the jobs below them."""

import xml.etree.ElementTree as ET

from matplotlib.figure import Figure

from scripts.common import element
from scripts.figures.panels import bar
from scripts.figures.svg import INK, LINE, QUIET, SECOND
from scripts.numbers import Numbers

JOBS = {  # of the larger model: its name in the picture, its color, and where it stands beside its dot
    "large: training step": ("train", LINE, (0, -15), "center"),
    "large: read 4 cases": ("read", SECOND, (0, -15), "center"),
    "large: write for 1": ("write for 1", SECOND, (8, -6), "left"),
    "large: write for 8": ("for 8", SECOND, (-8, -8), "right"),
    "large: write for 32": ("for 32", SECOND, (8, -6), "left"),
}
SHOWN = 1e-3, 1e5  # what is far outside ends where nobody looks


def roofline(numbers: Numbers) -> tuple[Figure, str]:
    """Draw both limits as a roof, its corner, and a dot for each job of the larger model."""
    peak, bandwidth = (numbers.get(f"hardware.{name}_per_second") for name in ("flops", "bytes"))
    names, intensities, reached = (
        numbers.get(f"hardware.{name}").value for name in ("names", "intensities", "reached")
    )
    jobs = {
        name: (shown(x), shown(y / 1e9)) for name, x, y in zip(names, intensities, reached, strict=True) if name in JOBS
    }
    roof, slope = shown(peak.value / 1e9), shown(bandwidth.value / 1e9)
    ridge = shown(roof / slope)
    left, right = min(x for x, _ in jobs.values()) / 1.8, max(x for x, _ in jobs.values()) * 2.5
    low, high = min(y for _, y in jobs.values()) / 3, roof * 3
    figure = Figure(figsize=(4.8, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", xlim=(left, right), ylim=(low, high))
    axes.plot([left, ridge, right], [left * slope, roof, roof], color=INK, linewidth=1.5)
    axes.plot([ridge, ridge], [low, roof], color=QUIET, linewidth=1, linestyle=":")
    look = {"textcoords": "offset points", "color": INK}
    axes.annotate("arithmetic", (right, roof), (0, 20), ha="right", **look)
    axes.annotate(peak.text, (right, roof), (0, 6), ha="right", **look).set_gid(f"number:{peak.id}")
    on_slope = left * (ridge / left) ** 0.7
    axes.annotate("memory", (on_slope, on_slope * slope), (-8, 14), ha="right", **look)
    written = axes.annotate(bandwidth.text, (on_slope, on_slope * slope), (-8, 0), ha="right", **look)
    written.set_gid(f"number:{bandwidth.id}")
    for job, (label, color, offset, side) in JOBS.items():
        axes.plot(*jobs[job], "o", color=color, markersize=7)
        axes.annotate(label, jobs[job], offset, ha=side, **look)
    for axis, (first, last) in ((axes.xaxis, (left, right)), (axes.yaxis, (low, high))):
        ticks = [10**power for power in range(-3, 6) if first <= 10**power <= last]
        axis.set_ticks(ticks, [f"{tick:,g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(xlabel="operations for each byte (log scale)", ylabel="billion operations a second (log scale)")
    words = (
        "A larger model on one core of our machine, and the roof that the core sets: at most "
        "{{ hardware.flops_per_second }}, and {{ hardware.bytes_per_second }} fetched. Left of the dotted line memory "
        "is the limit, right of it arithmetic. Training and reading stand right, and writing for one text stands left."
    )
    return figure, words


def waiting(numbers: Numbers) -> tuple[ET.Element, str]:
    """Draw for each job the share of its time in which arithmetic waits for memory, if both go as fast as they can."""
    ridge = numbers.get("hardware.flops_per_second").value / numbers.get("hardware.bytes_per_second").value
    intensities = dict(zip(*(numbers.get(f"hardware.{name}").value for name in ("names", "intensities"))))
    rows = []
    for label, job, fill in (
        ("Training step", "training step", "warm"),
        ("Reading", "read 4 cases", "cool"),
        ("Writing for 32 at once", "write for 32", "cool"),
        ("Writing for 8", "write for 8", "cool"),
        ("Writing for 1", "write for 1", "cool"),
    ):
        share = 1 - min(1, intensities[f"large: {job}"] / ridge)
        rows += bar(label, f"{share:.0%}", {fill: 100 * share} if share else {})
    words = (
        "The share of time in which arithmetic waits for memory, if both go as fast as they can: a larger model, "
        "on one core of our machine. An H100 has to write for about {{ h100.ridge_batch }} at once to stop waiting."
    )
    return element("div", None, rows, class_="bars"), words


def shown(value: float) -> float:
    """Return a value of the picture, or the end of what can be seen."""
    return min(max(value, SHOWN[0]), SHOWN[1])
