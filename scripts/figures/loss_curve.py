"""The loss of training, step by step."""

from matplotlib.figure import Figure

from scripts.figures.svg import LINE, QUIET
from scripts.numbers import Numbers


def loss_curve(numbers: Numbers) -> tuple[Figure, str]:
    """Draw the training loss by step, down to the floor that no model can beat."""
    losses = numbers.get("train.losses").value
    every = numbers.get("train.log_every").value
    floor = numbers.get("train.floor")
    steps = [every * (i + 1) for i in range(len(losses))]
    figure = Figure(figsize=(4.8, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(steps, losses, color=LINE, linewidth=2)
    axes.axhline(floor.value, color=QUIET, linestyle="--", linewidth=1)
    note = axes.annotate(f"floor {floor.text}", (0, floor.value), (4, -4), textcoords="offset points", va="top")
    note.set_gid(f"number:{floor.id}")
    axes.set_yscale("log")
    ticks = [0.1, 0.2, 0.5, 1, 2, 4]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set(xlabel="training step", ylabel="how wrong it is (loss, log scale)", xlim=(0, steps[-1]), ylim=(0.06, 6))
    words = (
        "How wrong our small model's guesses are (its loss), each point the mean of {{ train.log_every }} steps. "
        "Untrained, it's {{ train.loss_before }}. It falls toward the dashed line: its floor of {{ train.floor }}, "
        "below which no model can go."
    )
    return figure, words
