"""What training and inference hold, part by part, as the batch grows."""

from matplotlib.figure import Figure

from scripts.figures.svg import INK, LINE, QUIET, SECOND
from scripts.numbers import Numbers

SHOWN = 1, 4, 8  # cases: in larger batches the parts that do not grow can no longer be seen


def memory_parts(numbers: Numbers) -> tuple[Figure, str]:
    """Draw two bars for each of the smaller batches, stacked by what holds the memory."""

    def value(name: str) -> object:
        return numbers.get(f"memory.{name}").value

    sizes = value("batch_sizes")
    same = [[value(f"{name}_bytes")] * len(sizes) for name in ("weight", "gradient", "adam")]
    parts = [
        ("weights", 0, same[0], {"color": INK}),
        ("gradients", 0, same[1], {"facecolor": "none", "edgecolor": INK, "hatch": "/////"}),
        ("Adam's state", 0, same[2], {"facecolor": "none", "edgecolor": INK, "hatch": "|||"}),
        ("activations", 0, value("saved_by_batch"), {"color": LINE}),
        (None, 1, same[0], {"color": INK}),
        ("KV cache", 1, value("cache_by_batch"), {"facecolor": "none", "edgecolor": SECOND, "hatch": "|||"}),
    ]
    figure = Figure(figsize=(5.6, 3), layout="constrained")
    axes = figure.subplots()
    places = [[2.6 * group, 2.6 * group + 1] for group in range(len(SHOWN))]
    reached = [[0.0, 0.0] for _ in SHOWN]
    for label, job, sums, look in parts:
        for group, size in enumerate(SHOWN):
            width = sums[sizes.index(size)] / 1e6
            name = label if group == 0 else None
            axes.barh(places[group][job], width, left=reached[group][job], height=0.85, label=name, **look)
            reached[group][job] += width
    ticks = [place for group in places for place in group]
    cases = [f"{size} case{'s' * (size > 1)}" for size in SHOWN]
    axes.set_yticks(ticks, [f"{batch}, {job}" for batch in cases for job in ("training", "inference")])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_color(QUIET)
    axes.set(xlabel="memory in MB")
    figure.legend(loc="outside upper center", ncols=5, frameon=False, handlelength=1.2, columnspacing=1.2, fontsize=9)
    words = (
        "Memory of training and of inference for small batches. Training holds {{ memory.state_bytes }} of weights, "
        "gradients and Adam's state at any batch, and {{ memory.saved_per_case }} of activations for each case. "
        "Inference holds {{ memory.weight_bytes }} of weights, and {{ memory.cache_per_case }} of cache for each case."
    )
    return figure, words
