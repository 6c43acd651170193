"""What training and inference hold, part by part, as the batch grows."""

from matplotlib.figure import Figure

from scripts.figures.svg import INK, LINE, SECOND
from scripts.numbers import Numbers

SHOWN = 1, 4, 8  # cases: in larger batches the parts that do not grow can no longer be seen


def memory_parts(numbers: Numbers) -> tuple[Figure, str]:
    """Draw two bars for each of some small batches, stacked by what holds the memory."""

    def megabytes(name: str) -> list[float]:
        size = numbers.get(f"memory.{name}").value
        if isinstance(size, list):
            batches = numbers.get("memory.batch_sizes").value
            return [size[batches.index(cases)] / 1e6 for cases in SHOWN]
        return [size / 1e6] * len(SHOWN)

    training, inference = ([3 * group + job for group in range(len(SHOWN))] for job in (0, 1))
    parts = [
        ("weights", training, "weight_bytes", {"color": INK}),
        ("gradients", training, "gradient_bytes", {"facecolor": "none", "edgecolor": INK}),
        ("Adam's state", training, "adam_bytes", {"facecolor": "none", "edgecolor": INK, "hatch": "//"}),
        ("activations", training, "saved_by_batch", {"color": LINE}),
        (None, inference, "weight_bytes", {"color": INK}),
        ("KV cache", inference, "cache_by_batch", {"facecolor": "none", "edgecolor": SECOND, "hatch": "|||"}),
    ]
    figure = Figure(figsize=(5.6, 3), layout="constrained")
    axes = figure.subplots()
    reached = dict.fromkeys(training + inference, 0.0)
    for label, places, name, look in parts:
        widths = megabytes(name)
        axes.barh(places, widths, 0.9, [reached[place] for place in places], label=label, clip_on=False, **look)
        for place, width in zip(places, widths, strict=True):
            reached[place] += width
    axes.set_yticks(sorted(reached), ["training", "inference"] * len(SHOWN))
    axes.set_yticks([(low + high) / 2 for low, high in zip(training, inference)], map(str, SHOWN), minor=True)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.tick_params("y", which="minor", length=0, pad=58)  # left of the jobs
    axes.set_xticks([0, 2, 4, 6, 8])
    axes.set(xlabel="memory in MB", ylabel="cases in the batch")
    figure.legend(loc="outside upper center", ncols=5, frameon=False, handlelength=1.2, columnspacing=1.2, fontsize=9)
    words = (
        "Training holds {{ memory.state_bytes }} at any batch, and {{ memory.saved_per_case }} of activations for each "
        "case. Inference holds {{ memory.weight_bytes }}, and {{ memory.cache_per_case }} of cache for each case."
    )
    return figure, words
