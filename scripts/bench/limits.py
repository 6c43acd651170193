"""How near our own model comes to the machine's limits, and what the rest of the time goes into."""

import re

import torch
from torch import Tensor
from torch.profiler import profile
from torch.utils.benchmark import Timer

from engine import KVCache, SlotCache, decode
from scripts.bench.contestant import Job, inference
from scripts.bench.ours import Ours
from scripts.bench.presets import MODES, Size
from tiny_gpt import GPT

KINDS = {"attention": "attention", "products": "mm|linear", "optimizer": "adam|_foreach|optimizer", "rest": ""}


def kind_of(operation: str) -> str:
    """Return the kind of an operation: the first whose pattern its name fits.

    >>> [kind_of(f"aten::{name}") for name in ("addmm", "_scaled_dot_product_flash_attention", "_fused_adamw_", "relu")]
    ['products', 'attention', 'optimizer', 'rest']
    """
    return next(kind for kind, pattern in KINDS.items() if re.search(pattern, operation.lower()))


def shares(job: Job) -> dict[str, float]:
    """Return how the processor's time of a job divides among the kinds of operations."""
    with profile() as profiler:
        job()
    seconds = dict.fromkeys(KINDS, 0.0)
    for event in profiler.key_averages():
        seconds[kind_of(event.key)] += event.self_cpu_time_total
    return {kind: part / sum(seconds.values()) for kind, part in seconds.items()}


def fastest(job: Job) -> float:
    """Return the least seconds of a job in a few runs: a limit is what can be reached."""
    timer = Timer("job()", globals={"job": job}, num_threads=torch.get_num_threads())
    return min(timer.blocked_autorange(min_run_time=2).times)


def decode_pass(model: GPT, mode: str) -> Job:
    """Return one pass of decoding at batch 1, as ``generate`` makes it, or through slots and compiled."""
    like = model.embedding.weight
    token = torch.zeros(1, 1, dtype=torch.long, device=like.device)
    cache = KVCache(model.config, 1, like) if mode == "eager" else SlotCache(model.config, 1, like)

    def step() -> Tensor:
        cache.length = 64  # as long in each run
        return decode(model, token, cache)  # a result that nobody takes would not be computed

    return inference(torch.compile(step, dynamic=False, disable=mode == "eager"))


def near_the_limits(size: Size, device: str) -> dict[str, float]:
    """Return both limits, and what of them our training, prefill and decoding reach, eager and compiled.

    Operations are 6 for each parameter and token in training, 2 in prefill; attention is left out, so the shares are a
    little too low. Bytes are those of the weights, which each pass of decoding reads.
    """
    side, floats = (8192, 2**28) if device == "cuda" else (1536, 2**26)  # no cache holds as many
    a, b = torch.randn(2, side, side, device=device, dtype=getattr(torch, size.dtype))
    block = torch.ones(floats, device=device)
    peak_flops, bandwidth = 2 * side**3 / fastest(lambda: a @ b), block.nbytes / fastest(block.sum)
    found = {"peak_flops": peak_flops, "bandwidth": bandwidth}
    for mode in MODES:
        torch._dynamo.reset()
        ours = Ours(size, device)
        train, read = ours.training_step(mode), ours.jobs("prefill", mode)["ours"]
        write = decode_pass(ours.inference_model(), mode)
        training_flops = 6 * ours.parameters * size.train_batch * size.train_length
        weight_bytes = ours.parameters * ours.dtype.itemsize
        found[f"training {mode}"] = training_flops / fastest(train) / peak_flops
        found[f"prefill {mode}"] = 2 * ours.parameters * size.prompt / fastest(read) / peak_flops
        found[f"decode {mode}"] = weight_bytes / fastest(write) / bandwidth
        if mode == "eager":
            found |= {f"training {kind}": share for kind, share in shares(train).items()}
            found |= {f"decode {kind}": share for kind, share in shares(write).items()}
    return found
