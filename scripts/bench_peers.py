"""Time our model against other libraries: the same configuration, data and threads, in one process, in turns.

python -m scripts.bench_peers [--preset cpu|gpt2|smoke] [--device cpu|cuda] [--rounds N] [--threads N] [--fresh]

Each job has its module in ``scripts/peers``. Here the times become the numbers that the site shows.
"""

import argparse
import re
import statistics
import sys
import time
import warnings
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import torch

from scripts.peers.presets import JOBS, MIDDLE, MODES, PRESETS, SMALL, Preset
from scripts.peers.timing import Spread, cells

Sections = dict[str, Any]
Cells = dict[str, tuple[Spread, Spread | None]]

PACKAGES = ("transformers", "accelerate", "x_transformers", "onnxruntime", "onnx", "onnxscript")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=PRESETS, default="cpu", help="smoke tries all out, and records nothing")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rounds", type=int, default=15, help="times that each contestant has its turn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="measure again what a stopped run of this code has kept")
    return parser.parse_args()


def refusal(device: str) -> str | None:
    """Return why nothing can be measured here, or None."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        return f"{', '.join(missing)}: not installed here. `make bench` installs what it takes, in .venv-peers"
    if device == "cuda" and not torch.cuda.is_available():
        return "there is no CUDA GPU here, or this PyTorch was built without CUDA"
    return None


def least(found: Cells, job: str, mode: str, row: str = "(?!ours).*") -> float:
    """Return the least median ratio, over all sizes, of the rows whose name fits a pattern: how far we are ahead.

    >>> found = {"small train eager ours": (Spread(1, 1, 1), None), "small train eager x": (Spread(1.2, 1, 2), None)}
    >>> least(found, "train", "eager")
    1.2
    """
    fitting = re.compile(rf"\w+ {job} {mode} {row}")
    return min(ratio.median for cell, (ratio, _) in found.items() if fitting.fullmatch(cell))


def table(sections: Sections) -> dict[str, Any]:
    """Return the cells of the page's table as lists of one length, the parameters of each model, and what they sum to.

    A lead is the other's time against ours, of the other that comes closest in any size.
    """
    found = cells({name: samples for name, samples in sections.items() if name.endswith(MODES)})
    models = {
        f"{name.removesuffix(' parameters')} {row}": count
        for name, counts in sections.items()
        if name.endswith(" parameters")
        for row, count in counts.items()
    }
    return {
        "cells": list(found),
        "ratios": [ratio.median for ratio, _ in found.values()],
        "lows": [ratio.low for ratio, _ in found.values()],
        "highs": [ratio.high for ratio, _ in found.values()],
        "seconds": [seconds.median for _, seconds in found.values()],
        "models": list(models),
        "parameters": list(models.values()),
        "training_lead_eager": least(found, "train", "eager"),
        "training_lead_compiled": least(found, "train", "compiled"),
        "prefill_lead_eager": least(found, "prefill", "eager"),
        "prefill_lead_compiled": least(found, "prefill", "compiled"),
        "generate_lead": least(found, "decode_1", "eager", "transformers [^,]*"),
        "static_cache_lead": least(found, "decode_1", "compiled", "transformers .*static cache"),
        "onnxruntime_lead_eager": least(found, "decode_1", "eager", "onnxruntime"),
        "onnxruntime_lead_compiled": least(found, "decode_1", "compiled", "onnxruntime"),
        "batch_lead_eager": least(found, "decode_32", "eager"),
        "batch_lead_compiled": least(found, "decode_32", "compiled"),
    }


def learned(sections: Sections, goal: float) -> dict[str, Any]:
    """Return how long both learners took, by the median of the seeds, and how often Trainer got there at all."""
    seeds = [found for name, found in sections.items() if name.startswith("learn")]
    return {
        "learning_goal": goal,
        "learning_seeds": len(seeds),
        "learning_seconds": statistics.median(found["ours"][0] for found in seeds),
        "trainer_seconds": statistics.median(found["Trainer"][0] for found in seeds),
        "trainer_reached": sum(found["Trainer"][1] for found in seeds),
        "learning_lead": statistics.median(found["Trainer"][0] / found["ours"][0] for found in seeds),
    }


def limits(found: dict[str, float]) -> dict[str, Any]:
    """Return both limits of the machine, the share of each that ours reaches, and where the rest of the time goes."""
    return {
        "peak_flops": found["peak_flops"],
        "bandwidth": found["bandwidth"],
        "training_share_eager": found["train_eager"],
        "training_share_compiled": found["train_compiled"],
        "prefill_share_eager": found["prefill_eager"],
        "prefill_share_compiled": found["prefill_compiled"],
        "decode_share_eager": found["decode_eager"],
        "decode_share_compiled": found["decode_compiled"],
        "training_in_products": found["train matrix products"],
        "training_in_attention": found["train attention"],
        "training_in_optimizer": found["train optimizer"],
        "training_in_rest": found["train the rest"],
        "decode_in_products": found["decode matrix products"],
        "decode_in_attention": found["decode attention"],
        "decode_in_rest": found["decode the rest"],
    }


def setting(preset: Preset, rounds: int, threads: int) -> dict[str, Any]:
    """Return what was the same for all, and whom we met."""
    return {
        "rounds": rounds,
        "threads": threads,
        "small_hidden_size": SMALL.hidden_size,
        "small_layers": SMALL.layers,
        "middle_hidden_size": MIDDLE.hidden_size,
        "middle_layers": MIDDLE.layers,
        "large_hidden_size": preset.large.hidden_size,
        "large_layers": preset.large.layers,
        "train_batch": preset.sizes[0].train_batch,
        "train_length": preset.sizes[0].train_length,
        "prompt": preset.sizes[0].prompt,
        "start": preset.sizes[0].start,
        "new_tokens": preset.sizes[0].new_tokens,
        "batch": int(JOBS[-1].removeprefix("decode_")),
        "transformers": version("transformers"),
        "x_transformers": version("x-transformers"),
        "onnxruntime": version("onnxruntime"),
    }


def main() -> None:
    options = arguments()
    if why := refusal(options.device):
        sys.exit(why)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)

    from scripts.peers.keep import Kept, write_record  # not before it is clear that all is installed
    from scripts.peers.learning import GOAL
    from scripts.peers.measuring import measure

    start, preset = time.perf_counter(), PRESETS[options.preset]
    kept = Kept(options.preset, options.device, options.rounds, options.threads, fresh=options.fresh)
    try:
        sections = measure(preset, kept, options.device, options.rounds, options.threads)
    except KeyboardInterrupt:
        sys.exit("stopped; what was measured is kept, and the same command goes on from there")
    values = setting(preset, options.rounds, options.threads) | table(sections) | limits(sections["limits"])
    values |= learned(sections, GOAL) if preset.seeds else {}
    lines = [
        f"{cell:<56} {ratio:6.2f}  ({low:.2f} to {high:.2f}) {1000 * seconds:10.3f} ms"
        for cell, ratio, low, high, seconds in zip(
            *(values[n] for n in ("cells", "ratios", "lows", "highs", "seconds"))
        )
    ]
    lines += [f"{name:<56} {value}" for name, value in values.items() if not isinstance(value, list)]
    print("\n".join(lines))
    if options.preset != "smoke":
        print(f"wrote {write_record(values, lines, time.perf_counter() - start).path}")


if __name__ == "__main__":
    main()
