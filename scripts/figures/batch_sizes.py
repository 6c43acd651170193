"""What a larger batch does to all, in tokens a second, and to each one, in the time of a pass."""

from matplotlib.figure import Figure

from scripts.figures.svg import LINE, SECOND
from scripts.numbers import Numbers


def batch_sizes(numbers: Numbers) -> tuple[Figure, str]:
    """Draw tokens a second and the time of a pass, by batch size, each as a multiple of a batch of one."""
    sizes = numbers.get("batching.batches").value
    figure = Figure(figsize=(5.6, 2.5), layout="constrained")
    axes = figure.subplots()
    for list_id, ratio_id, color, style, name in (
        ("batching.tokens_per_second", "batching.throughput_ratio", LINE, "-", "tokens a second, of all"),
        ("batching.pass_seconds", "batching.latency_ratio", SECOND, "--", "time of a pass, for each"),
    ):
        values, ratio = numbers.get(list_id).value, numbers.get(ratio_id)
        multiples = [value / values[0] for value in values]
        axes.plot(sizes, multiples, style, color=color, linewidth=2, clip_on=False)
        axes.text(sizes[-1] * 1.1, multiples[-1], f"× {ratio.text}", va="center", gid=f"number:{ratio.id}")
        axes.text(sizes[-1] * 1.1, multiples[-1] * 0.8, name, va="center", fontsize=9)
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_yscale("log", base=2)
    axes.set_yticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
    axes.minorticks_off()
    axes.tick_params(length=0)
    axes.set(xlabel="requests in the batch", ylabel="against a batch of one", xlim=(1, sizes[-1] * 8))
    words = (
        "By size of the batch: tokens a second of all requests together (solid), and the time of a pass (dashed). "
        "Both as multiples of a batch of one."
    )
    return figure, words
