"""Run the contestants in turns, one section of the table at a time, and keep what each section gave."""

import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import torch
from torch.utils.benchmark import Timer
from tqdm import tqdm

from scripts.bench.contestant import Contestant, Job, TorchContestant
from scripts.bench.keep import Kept
from scripts.bench.learning import final_accuracy, learn
from scripts.bench.libraries import XTransformers, gpt2, llama
from scripts.bench.limits import near_the_limits
from scripts.bench.lora import against_peft
from scripts.bench.ours import OnnxRuntime, Ours
from scripts.bench.plain import Plain
from scripts.bench.presets import JOBS, MODES, Preset, Size
from scripts.common import SiteError


@lru_cache(maxsize=1)
def contestants(size: Size, device: str) -> list[Contestant]:
    """Return every contestant in one size, ours first. onnxruntime has our model's weights."""
    torch.manual_seed(1887)
    ours, *others = [build(size, device) for build in (Ours, Plain, llama, gpt2, XTransformers)]
    return [ours, *others] + ([OnnxRuntime(ours.model, size)] if device == "cpu" else [])


def parameters(size: Size, device: str) -> dict[str, int]:
    """Return the parameters of each model."""
    return {each.name: each.parameters for each in contestants(size, device) if isinstance(each, TorchContestant)}


def times(size: Size, job: str, mode: str, device: str, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of every contestant that has this job in this mode, a round at a time.

    Raises SiteError where one with the weights of ours writes other text: fast and wrong is not fast.
    """
    jobs: dict[str, Job] = {}
    for contestant in contestants(size, device):
        jobs |= contestant.jobs(job, mode)
    same = [name for name in jobs if job.startswith("decode") and name.startswith(("ours", "onnxruntime"))]
    for name in same:
        if not torch.equal(jobs[name](), jobs["ours"]()):
            raise SiteError(f"{name} has the weights of ours and writes other tokens; its times would mean nothing")
    return in_turns(jobs, rounds)


def in_turns(jobs: dict[str, Job], rounds: int, turn_seconds: float = 0.03) -> dict[str, list[float]]:
    """Return the seconds of each job in each round. Every second round goes backwards, so that none is always first."""
    threads = torch.get_num_threads()
    timers = {name: Timer("job()", globals={"job": job}, num_threads=threads) for name, job in jobs.items()}
    for job in jobs.values():
        job()  # compiles, where it does
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for number in range(rounds):
        for name in list(jobs)[:: -1 if number % 2 else 1]:
            found[name].append(timers[name].blocked_autorange(min_run_time=turn_seconds).median)
    return found


def measure(preset: Preset, kept: Kept, device: str) -> None:
    """Measure each section that is not kept yet: ``small train eager`` and so on, learning, and the limits."""
    todo: dict[str, Callable[[], Any]] = {}
    for size in preset.sizes:
        todo[f"{size.name} parameters"] = partial(parameters, size, device)
        for job, mode in [(job, mode) for job in JOBS for mode in MODES]:
            todo[f"{size.name} {job} {mode}"] = partial(times, size, job, mode, device, preset.rounds)
    todo |= {f"learn {seed}": partial(learn, seed, preset.most_steps) for seed in preset.seeds}
    todo |= {f"accuracy {seed}": partial(final_accuracy, seed, preset.most_steps) for seed in preset.recipe_seeds}
    if preset.seeds:
        todo["peft"] = partial(against_peft, preset.seeds[0])
    todo["limits"] = partial(near_the_limits, preset.large, device)
    with tqdm(todo.items(), unit="section", disable=None) as progress:
        for section, work in progress:
            progress.set_postfix_str(section)
            if section not in kept.sections:
                torch._dynamo.reset()  # nothing is left of what was compiled for others
                start = time.perf_counter()
                kept.add(section, work(), time.perf_counter() - start)
