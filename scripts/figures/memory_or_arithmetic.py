"""What a training step keeps against what it computes, block by block, in three precisions."""

from matplotlib.figure import Figure

from scripts.figures.svg import INK, LINE, QUIET, SECOND
from scripts.numbers import Numbers

LINES = [  # variable, name beside the line, look
    ("float32", "float32", {"color": LINE, "linestyle": "-", "marker": "s"}),
    ("mixed", "mixed", {"color": SECOND, "linestyle": "--", "marker": "s"}),
    ("bfloat16", "bfloat16", {"color": QUIET, "linestyle": ":", "marker": "s"}),
]


def memory_or_arithmetic(numbers: Numbers) -> tuple[Figure, str]:
    """Draw bytes kept against operations, a point for each number of recomputed blocks, a line for each precision."""
    flops = [each / 1e9 for each in numbers.get("precision.flops").value]
    figure = Figure(figsize=(5.6, 3.4), layout="constrained")
    axes = figure.subplots()
    for name, label, look in LINES:
        kept = [each / 1e6 for each in numbers.get(f"precision.{name}_kept").value]
        axes.plot(flops, kept, markersize=4, linewidth=1.5, **look)
        start = numbers.get(f"precision.{name}_bytes")
        note = axes.annotate(f"{label}: {start.text}", (flops[0], kept[0]), (-8, 0), textcoords="offset points")
        note.set(ha="right", va="center", color=INK)
        note.set_gid(f"number:{start.id}")
    end, blocks = numbers.get("precision.recomputed_bytes"), numbers.get("precision.blocks")
    note = axes.annotate(end.text, (flops[-1], end.value / 1e6), (8, 0), textcoords="offset points", va="center")
    note.set_gid(f"number:{end.id}")
    for place, words in ((0, "none recomputed"), (-1, f"all {blocks.text} blocks")):
        note = axes.annotate(words, (flops[place], -1), va="top", ha="center", color=INK, annotation_clip=False)
        if place:
            note.set_gid(f"number:{blocks.id}")
    width = flops[-1] - flops[0]
    axes.set(xlim=(flops[0] - 0.56 * width, flops[-1] + 0.3 * width), ylim=(-5, 48))
    axes.set_xticks([8, 9, 10])
    axes.set_yticks([0, 20, 40])
    axes.set(xlabel="arithmetic of a step in GFLOP", ylabel="kept for the backward pass in MB")
    words = (
        "The more blocks are recomputed, the less a step keeps, and the more it computes. In float32 it "
        "goes from {{ precision.float32_bytes }} to {{ precision.recomputed_bytes }}, in mixed precision from "
        "{{ precision.mixed_bytes }} to {{ precision.both_bytes }}."
    )
    return figure, words
