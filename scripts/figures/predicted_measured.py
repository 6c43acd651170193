"""The time that work takes against the time that was predicted, by the formulas and call by call."""

from matplotlib.figure import Figure

from scripts.figures.svg import INK, LINE, QUIET, SECOND
from scripts.numbers import Numbers

NAMED = {  # a ratio by the formula: of which work, its name in the picture, and the offset of both
    "hardware.small_write": ("small: write for 1", "write, small model", (-8, 2)),
    "hardware.small_step": ("small: training step", "train, small model", (-10, 16)),
    "hardware.large_write": ("large: write for 1", "write, larger model", (-8, 2)),
    "hardware.large_step": ("large: training step", "train, larger model", (-8, 2)),
}


def predicted_measured(numbers: Numbers) -> tuple[Figure, str]:
    """Draw a point for each work and way to predict: on the line, it takes what was predicted."""
    measured = [1e3 * each for each in numbers.get("hardware.measured").value]
    formula, by_call = (
        [1e3 * each for each in numbers.get(f"hardware.{name}").value] for name in ("predicted", "by_call")
    )
    figure = Figure(figsize=(4.8, 3.8), layout="constrained")
    axes = figure.subplots()
    ends = min(formula + by_call) / 2, max(measured) * 3
    axes.plot(ends, ends, color=QUIET, linewidth=1)
    axes.plot(by_call, measured, "o", color=LINE, markersize=5)
    axes.plot(formula, measured, "s", color=SECOND, fillstyle="none", markersize=6)
    for number_id, (work, name, (right, up)) in NAMED.items():
        place = numbers.get("hardware.names").value.index(work)
        ratio, point = numbers.get(number_id), (formula[place], measured[place])
        look = {"textcoords": "offset points", "ha": "right", "color": INK}
        axes.annotate(f"× {ratio.text}", point, (right, up), **look).set_gid(f"number:{ratio.id}")
        axes.annotate(name, point, (right, up - 12), fontsize=8, **look)
    axes.set(xscale="log", yscale="log", xlim=(ends[0] / 30, ends[1]), ylim=(min(measured) / 2, max(measured) * 2))
    for axis, low in ((axes.xaxis, ends[0]), (axes.yaxis, min(measured) / 2)):
        ticks = [tick for tick in (0.01, 0.1, 1, 10, 100, 1000) if low <= tick <= ends[1]]
        axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(xlabel="predicted, in milliseconds", ylabel="measured, in milliseconds")
    words = (
        "Predicted time against measured time, for a small and a larger model that learn, read and write. On the line "
        "the prediction is right; above it, the work takes longer. Squares: by the formulas. Dots: call by call. "
        "Against the formula, a training step takes {{ hardware.large_step }} times as long on the larger model, "
        "and a pass that writes a token {{ hardware.large_write }} times; on the small one, "
        "{{ hardware.small_step }} and {{ hardware.small_write }} times."
    )
    return figure, words
