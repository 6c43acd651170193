"""How many cases are still answered as the weights take fewer bits."""

from matplotlib.figure import Figure

from scripts.figures.svg import LINE, SECOND
from scripts.numbers import Numbers


def accuracy_by_bits(numbers: Numbers) -> tuple[Figure, str]:
    """Draw the share of held-out cases answered right against the bytes of the weights, one point a width."""
    widths, sizes, accuracies = (
        numbers.get(f"quantization.{name}").value for name in ("widths", "rounded_bytes", "rounded_accuracies")
    )
    full_size, full = numbers.get("train.weight_bytes").value, numbers.get("quantization.accuracy").value
    full_width = 8 * full_size // numbers.get("train.parameters").value  # bits of each weight before it is rounded
    figure = Figure(figsize=(5.6, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([full_size, *sizes], [full, *accuracies], color=LINE, linewidth=2, marker="o")
    axes.annotate("rounded by hand", (sizes[-2], accuracies[-2]), (10, -4), textcoords="offset points", va="top")
    for name in ("int8", "int4"):
        size, accuracy = (numbers.get(f"quantization.{name}_{what}").value for what in ("bytes", "accuracy"))
        axes.plot(size, accuracy, color=SECOND, marker="s", markersize=11, fillstyle="none", markeredgewidth=1.5)
        axes.annotate(f"torchao\n{name}", (size, accuracy), (0, 9), textcoords="offset points", ha="center")
    axes.set_xscale("log")
    labels = [f"{bits}\n{size / 1000:.0f}" for bits, size in zip(widths, sizes)]
    axes.set_xticks([full_size, *sizes], [f"{full_width}\n{full_size / 1000:.0f}", *labels])
    axes.minorticks_off()
    axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axes.set(xlabel="bits of a weight, and kB of all with scales (log scale)", ylabel="held-out cases right")
    axes.set_ylim(-0.05, 1.3)
    words = (
        "Held-out cases answered right against the bytes of the weights: nearly flat from float32 to int8, lower with "
        "fewer bits, down to {{ quantization.few_bits_accuracy }} at {{ quantization.few_bits }} bits and "
        "{{ quantization.too_few_bits_accuracy }} at {{ quantization.too_few_bits }}."
    )
    return figure, words
