"""Run the contestants in turns, one section of the table at a time, and keep what each gave."""

from collections.abc import Callable
from typing import Any

import torch
from tqdm import tqdm

from scripts.peers.contestant import Contestant, decode, prefill, training_step
from scripts.peers.huggingface import Gpt2, Llama
from scripts.peers.keep import Kept
from scripts.peers.learning import LEARNERS
from scripts.peers.limits import near_the_limits
from scripts.peers.onnx_runtime import OnnxRuntime
from scripts.peers.ours import Ours
from scripts.peers.presets import JOBS, MODES, Preset, Size
from scripts.peers.timing import Job, in_turns
from scripts.peers.xtransformers import XTransformers


def contestants(size: Size, device: str, dtype: torch.dtype, threads: int) -> list[Contestant]:
    """Return every contestant in one size. onnxruntime has our model's weights; the others' differ in kind."""
    torch.manual_seed(1887)
    ours = Ours(size, device, dtype)
    others = [kind(size, device, dtype) for kind in (Llama, Gpt2, XTransformers)]
    return [ours, *others] + ([OnnxRuntime(size, ours.model, threads)] if device == "cpu" else [])


def jobs_of(contestant: Contestant, job: str, mode: str, size: Size, device: str, dtype: torch.dtype) -> dict[str, Job]:
    """Return what a contestant runs for one section, by the name of its row; nothing where it has no such mode."""
    if job == "train":
        return {contestant.name: training_step(contestant, mode, size, device, dtype)} if contestant.model else {}
    if job == "prefill":
        read = prefill(contestant, mode, size, device)
        return {contestant.name: read} if read else {}
    return decode(contestant, mode, size, device, int(job.removeprefix("decode_")))


def agree(jobs: dict[str, Job]) -> None:
    """Refuse to time rows that have our weights and write other text than ours: fast and wrong is not fast.

    Raises:
        RuntimeError: one does.

    """
    for name, job in jobs.items():
        if name.startswith(("ours", "onnxruntime")) and not torch.equal(job(), jobs["ours"]()):
            raise RuntimeError(f"{name} writes other tokens than ours, and has the same weights")


def measure(preset: Preset, kept: Kept, device: str, rounds: int, threads: int) -> dict[str, Any]:
    """Return the times of every job by section, ``small train eager`` and so on, and what else the preset asks for."""
    dtype = getattr(torch, preset.dtype)
    synchronize: Callable[[], object] = torch.cuda.synchronize if device == "cuda" else lambda: None
    sections = [f"{size.name} {job} {mode}" for size in preset.sizes for job in JOBS for mode in MODES]
    sections += [*(f"learn {seed}" for seed in preset.seeds), "limits"]
    built: dict[str, list[Contestant]] = {}
    with tqdm(sections, unit="section", disable=None) as progress:
        for section in progress:
            progress.set_postfix_str(section)
            if section in kept:
                continue
            torch._dynamo.reset()
            if section == "limits":
                kept.add(section, near_the_limits(preset.large, device, dtype, synchronize))
                continue
            if section.startswith("learn"):
                kept.add(section, {name: learn(int(section.split()[1])) for name, learn in LEARNERS.items()})
                continue
            name, job, mode = section.split()
            size = next(each for each in preset.sizes if each.name == name)
            if name not in built:
                built = {name: contestants(size, device, dtype, threads)}
                kept.add(f"{name} parameters", {each.name: each.parameters for each in built[name] if each.model})
            jobs: dict[str, Job] = {}
            for each in built[name]:
                jobs |= jobs_of(each, job, mode, size, device, dtype)
            if job.startswith("decode"):
                agree(jobs)
            kept.add(section, in_turns(jobs, rounds, synchronize=synchronize))
    return kept.sections
