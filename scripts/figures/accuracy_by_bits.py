"""How many cases are still answered as the weights take fewer bits."""

from matplotlib.figure import Figure

from scripts.figures.svg import LINE, QUIET, SECOND
from scripts.numbers import Numbers


def accuracy_by_bits(numbers: Numbers) -> tuple[Figure, str]:
    """Draw the share of held-out cases answered right against the bytes of the weights, one point a width."""
    widths, sizes, accuracies = (
        numbers.get(f"quantization.{name}").value for name in ("widths", "rounded_bytes", "rounded_accuracies")
    )
    full_size, full = numbers.get("train.weight_bytes").value, numbers.get("quantization.accuracy").value
    figure = Figure(figsize=(5.6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.axhline(full, color=QUIET, linestyle="--", linewidth=1)
    axes.plot([*sizes, full_size], [*accuracies, full], color=LINE, linewidth=2, marker="o")
    axes.annotate("rounded by hand", (sizes[-2], accuracies[-2]), (10, -4), textcoords="offset points", va="top")
    for name in ("int8", "int4"):
        size, accuracy = (numbers.get(f"quantization.{name}_{what}").value for what in ("bytes", "accuracy"))
        axes.plot(size, accuracy, color=SECOND, marker="s", markersize=11, fillstyle="none", markeredgewidth=1.5)
        axes.annotate(f"torchao\n{name}", (size, accuracy), (0, -10), textcoords="offset points", va="top", ha="center")
    axes.set_xscale("log")
    axes.set_xticks([*sizes, full_size], [*map(str, widths), "32, as trained"])
    axes.minorticks_off()
    axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axes.set(xlabel="bits a weight", ylabel="held-out cases right", ylim=(-0.05, 1.1))
    above = axes.secondary_xaxis("top")
    above.set_xticks([50e3, 100e3, 200e3, 400e3], ["50 kB", "100 kB", "200 kB", "400 kB"])
    above.minorticks_off()
    above.set_xlabel("all weights, with scales (log scale)")
    words = (
        "Held-out cases answered right against the bytes of the weights, one point a width. In float32 it is "
        "{{ quantization.accuracy }}. In int8 it is {{ quantization.int8_accuracy }}, in int4 "
        "{{ quantization.int4_accuracy }}. At {{ quantization.few_bits }} bits it falls to "
        "{{ quantization.few_bits_accuracy }}, and at {{ quantization.too_few_bits }} to "
        "{{ quantization.too_few_bits_accuracy }}."
    )
    return figure, words
