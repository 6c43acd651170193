"""The arithmetic of each part of the model, forward and backward."""

from matplotlib.figure import Figure

from scripts.figures.svg import LINE, SECOND
from scripts.numbers import Numbers

PARTS = {
    "MLP": "compute.mlp",
    "projections": "compute.projections",
    "attention": "compute.attention",
    "output": "compute.output",
}


def arithmetic(numbers: Numbers) -> tuple[Figure, str]:
    """Draw a bar for the forward and one for the backward pass, for each part of the model."""
    counts = [numbers.get(each).value for each in PARTS.values()]
    figure = Figure(figsize=(5.6, 3.0), layout="constrained")
    axes = figure.subplots()
    for way, (name, fill, edge) in enumerate([("forward", SECOND, SECOND), ("backward", "none", LINE)]):
        widths = [each[way] / 1000 for each in counts]
        rows = [row + 0.36 * way for row in range(len(counts))]
        axes.barh(rows, widths, height=0.3, color=fill, edgecolor=edge, linewidth=1.5)
        axes.annotate(name, (widths[0], rows[0]), (5, 0), textcoords="offset points", va="center")
    axes.set_yticks([row + 0.18 for row in range(len(counts))], list(PARTS))
    axes.tick_params("y", length=0)
    axes.invert_yaxis()
    axes.set_xticks(range(0, 300, 100))
    axes.set(xlabel="operations for each token, in kFLOP", xlim=(0, counts[0][1] / 1000 * 1.22))
    words = (
        "Operations for each token, by part of the model. MLP: the layers between one attention and the next. "
        "Projections: the way into attention, and out of it. In each part the backward bar is "
        "{{ compute.backward_over_forward }} times as long. All together take {{ compute.forward_per_token }} forward."
    )
    return figure, words
