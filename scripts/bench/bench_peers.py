"""Time our model against other libraries: the same configuration, data and threads, in one process, in turns.

python -m scripts.bench.bench_peers [--preset cpu|gpt2|smoke] [--device cpu|cuda]

The other modules of this folder measure. Here the times become the numbers that the site shows.
"""

import argparse
import logging
import os
import re
import statistics
import sys
import warnings
from importlib.metadata import version
from typing import Any

from scripts.bench.keep import Kept, code
from scripts.bench.presets import BATCH, GOAL, MIDDLE, MODES, PRESETS, SMALL, Preset
from scripts.common import SiteError
from scripts.records import record_of
from scripts.run import Run
from scripts.run_child import environment


def cell(times: list[float], ours: list[float]) -> tuple[float, float, float, float]:
    """Return how long a row took against ours in the same round, lower quartile, median and upper, and its seconds.

    >>> cell([3.0, 30.0, 4.0], [1.0, 10.0, 1.0])  # a slow round moves no ratio
    (3.0, 3.0, 3.5, 4.0)
    """
    ratios = [one / base for one, base in zip(times, ours, strict=True)]
    return (*statistics.quantiles(ratios, n=4, method="inclusive"), statistics.median(times))


def table(sections: dict[str, Any]) -> dict[str, Any]:
    """Return the cells of the page's table as lists of one length, the parameters of each model, and the leads."""
    timed = {name: rows for name, rows in sections.items() if name.endswith(MODES)}
    cells = {f"{name} {row}": cell(rows[row], rows["ours"]) for name, rows in timed.items() for row in rows}
    counted = {name.split()[0]: rows for name, rows in sections.items() if name.endswith(" parameters")}
    models = {f"{size} {row}": count for size, rows in counted.items() for row, count in rows.items()}
    lows, ratios, highs, seconds = map(list, zip(*cells.values()))

    def lead(section: str, row: str = "(?!ours).*") -> float:
        """Return the least ratio, over all sizes, of the rows whose name fits: how far ours is ahead."""
        return min(ratio for (name, (_, ratio, *_)) in cells.items() if re.fullmatch(rf"\w+ {section} {row}", name))

    return (
        {"cells": list(cells), "ratios": ratios, "lows": lows, "highs": highs, "seconds": seconds}
        | {"models": list(models), "parameters": list(models.values())}
        | {"training_lead_eager": lead("train eager"), "training_lead_compiled": lead("train compiled")}
        | {"prefill_lead_eager": lead("prefill eager"), "prefill_lead_compiled": lead("prefill compiled")}
        | {"generate_lead": lead("decode_1 eager", "transformers [^,]*")}
        | {"static_cache_lead": lead("decode_1 compiled", "transformers .*static cache")}
        | {"onnxruntime_lead_eager": lead("decode_1 eager", "onnxruntime")}
        | {"ahead_of_time_ratio": lead("decode_1 compiled", "ours, AOTInductor")}
        | {"onnxruntime_lead_compiled": lead("decode_1 compiled", "onnxruntime")}
        | {"batch_lead_eager": lead(f"decode_{BATCH} eager"), "batch_lead_compiled": lead(f"decode_{BATCH} compiled")}
    )


def learned(sections: dict[str, Any]) -> dict[str, Any]:
    """Return how long both learners took, by the median of the seeds, how often they got there, and how good we get."""
    seeds = [(*found["ours"], *found["Trainer"]) for name, found in sections.items() if name.startswith("learn")]
    accuracies = [found for name, found in sections.items() if name.startswith("accuracy")]
    ours, reached, trainer, trainer_reached = zip(*seeds)
    return (
        {"learning_goal": GOAL, "learning_seeds": len(seeds)}
        | {"learning_reached": sum(reached), "trainer_reached": sum(trainer_reached)}
        | {"learning_seconds": statistics.median(ours), "trainer_seconds": statistics.median(trainer)}
        | {"learning_lead": statistics.median(theirs / own for own, theirs in zip(ours, trainer))}
        | {"recipe_seeds": len(accuracies), "recipe_mean": statistics.fmean(accuracies)}
        | {"recipe_worst": min(accuracies), "recipe_best": max(accuracies)}
    )


def limits(found: dict[str, float]) -> dict[str, Any]:
    """Return both limits of the machine, the share of each that ours reaches, and where the rest of the time goes."""
    return (
        {"peak_flops": found["peak_flops"], "bandwidth": found["bandwidth"]}
        | {"training_share_eager": found["training eager"], "training_share_compiled": found["training compiled"]}
        | {"prefill_share_eager": found["prefill eager"], "prefill_share_compiled": found["prefill compiled"]}
        | {"decode_share_eager": found["decode eager"], "decode_share_compiled": found["decode compiled"]}
        | {"training_in_products": found["training products"], "training_in_attention": found["training attention"]}
        | {"training_in_optimizer": found["training optimizer"], "training_in_rest": found["training rest"]}
        | {"decode_in_products": found["decode products"], "decode_in_attention": found["decode attention"]}
        | {"decode_in_rest": found["decode rest"]}
    )


def setting(preset: Preset) -> dict[str, Any]:
    """Return what was the same for all, and the releases of the others."""
    first, large = preset.sizes[0], preset.large
    return (
        {"rounds": preset.rounds, "threads": preset.threads, "batch": BATCH}
        | {"small_hidden_size": SMALL.hidden_size, "small_layers": SMALL.layers}
        | {"middle_hidden_size": MIDDLE.hidden_size, "middle_layers": MIDDLE.layers}
        | {"large_hidden_size": large.hidden_size, "large_layers": large.layers}
        | {"train_batch": first.train_batch, "train_length": first.train_length}
        | {"prompt": first.prompt, "start": first.start, "new_tokens": first.new_tokens}
        | {"transformers": version("transformers"), "x_transformers": version("x-transformers")}
        | {"onnxruntime": version("onnxruntime"), "peft": version("peft")}
    )


def lines(values: dict[str, Any]) -> str:
    """Return all numbers as text: the cells of the table first."""
    columns = zip(*(values[name] for name in ("cells", "ratios", "lows", "highs", "seconds")))
    cells = [
        f"{row:<58} {ratio:6.2f}  ({low:.2f} to {high:.2f}) {s * 1e3:10.3f} ms" for row, ratio, low, high, s in columns
    ]
    return "\n".join(cells + [f"{name:<58} {each}" for name, each in values.items() if not isinstance(each, list)])


def compare(name: str, device: str) -> None:
    """Measure, print the numbers, and write the record; the preset smoke writes none."""
    try:
        import torch

        from scripts.bench.measure import measure
    except ModuleNotFoundError as error:
        raise SiteError(f"{error.name} is not installed here; `make bench` installs it, in .venv-bench") from None
    if device == "cuda" and not torch.cuda.is_available():
        raise SiteError("this machine has no CUDA GPU, or its PyTorch was built without CUDA")
    preset, kept = PRESETS[name], Kept(name, device)
    torch.set_num_threads(preset.threads)
    measure(preset, kept, device)
    values = setting(preset) | table(kept.sections) | limits(kept.sections["limits"])
    values |= learned(kept.sections) | kept.sections["peft"] if preset.seeds else {}
    print(lines(values))
    if name != "smoke":
        run = Run(0, lines(values), "", kept.seconds, values, environment())
        print(f"wrote {record_of('bench_peers', run, code(), list(values)).write()}")
    kept.path.unlink()  # the next run measures everything


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", choices=PRESETS, default="cpu", help="smoke tries everything, and records nothing")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    options = parser.parse_args()
    if options.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # else the timer waits for the GPU, and the record names it
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)  # the libraries tell of others that nothing here needs
    try:
        compare(options.preset, options.device)
    except (SiteError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped; the same command goes on from there. To start again, remove .cache/bench_peers")


if __name__ == "__main__":
    main()
