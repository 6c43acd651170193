"""What a larger batch does to all, in tokens a second, and to each one, in the time of a pass."""

from matplotlib.figure import Figure

from scripts.figures.svg import LINE, SECOND
from scripts.numbers import Numbers


def batch_sizes(numbers: Numbers) -> tuple[Figure, str]:
    """Draw throughput and latency by batch size, side by side, each with its ratio."""
    sizes = numbers.get("batching.batches").value
    rates = numbers.get("batching.tokens_per_second").value
    times = [1000 * seconds for seconds in numbers.get("batching.pass_seconds").value]
    figure = Figure(figsize=(5.6, 2.7), layout="constrained")
    together, each = figure.subplots(1, 2)
    for axes, values, ratio_id, color, marker, title in (
        (together, rates, "batching.throughput_ratio", LINE, "o", "tokens a second, all together"),
        (each, times, "batching.latency_ratio", SECOND, "s", "milliseconds a token, for each"),
    ):
        ratio = numbers.get(ratio_id)
        axes.plot(sizes, values, color=color, marker=marker, markersize=5, linewidth=2)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.set(xlabel="requests in the batch", ylim=(0, 1.12 * max(values)))
        axes.set_title(title, fontsize=9, loc="left")
        note = axes.annotate(
            f"× {ratio.text}", (sizes[-1], values[-1]), (-8, 2), textcoords="offset points", ha="right", va="bottom"
        )
        note.set_gid(f"number:{ratio.id}")
    words = (
        "Left: tokens a second of all requests together, by the size of the batch. With {{ batching.largest_batch }} "
        "requests they are {{ batching.throughput_ratio }} times those of one. Right: what each request waits for its "
        "next token, {{ batching.latency_ratio }} times as long."
    )
    return figure, words
