"""The time to write one more token, by the length of the text before it."""

from matplotlib.figure import Figure

from scripts.figures.svg import INK, LINE, QUIET, SECOND
from scripts.numbers import Numbers

LINES = (("uncached", "without a cache", SECOND, "--"), ("cached", "with a KV cache", LINE, "-"))
LINES += (("recurrent", "another kind of model (GRU)", QUIET, ":"),)


def decoding(numbers: Numbers) -> tuple[Figure, str]:
    """Draw the time of a token against the length of the text: without a cache, with one, and with a state."""
    lengths = numbers.get("decoding.lengths").value
    figure = Figure(figsize=(4.8, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log", xlim=(lengths[0] * 0.9, lengths[-1] * 1.2))
    for name, label, color, style in LINES:
        times = [1000 * seconds for seconds in numbers.get(f"decoding.{name}_seconds").value]
        axes.plot(lengths, times, color=color, linestyle=style, linewidth=2)
        axes.annotate(label, (lengths[2], max(times[1:3])), (-4, 6), textcoords="offset points", ha="right", color=INK)
    low, high = axes.get_ylim()
    ticks = [10**power for power in range(-3, 5) if low <= 10**power <= 2 * high]
    axes.set_yticks(ticks, [f"{tick:,g}" for tick in ticks])
    axes.set_xticks(lengths, [f"{length:,}" for length in lengths])
    axes.minorticks_off()
    axes.set_ylim(low, 2 * high)  # room for the labels
    axes.set(xlabel="tokens of text so far (log scale)", ylabel="milliseconds for one more token (log scale)")
    words = (
        "Time to write one more token after texts of growing length. After {{ decoding.longest }} tokens, a KV cache "
        "makes it {{ decoding.cache_speedup }} times as fast."
    )
    return figure, words
