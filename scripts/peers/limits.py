"""How near to the machine's limits our own model comes, and what the rest of the time goes into."""

from collections import defaultdict

import torch
from torch import nn
from torch.profiler import profile

from scripts.peers.contestant import compiled, inference, prefill, training_step
from scripts.peers.ours import Ours
from scripts.peers.presets import Size
from scripts.peers.timing import Job, time_runs
from tiny_gpt import GPT, KVCache, SlotCache

KINDS = {  # of operations, by a part of their name
    "attention": ("attention",),
    "matrix products": ("mm", "linear"),
    "optimizer": ("adam", "_foreach", "optimizer"),
}


def fastest(job: Job, synchronize: Job, runs: int = 8) -> float:
    """Return the least seconds of a few runs: a limit is what can be reached."""
    job()
    return min(time_runs(job, 1, synchronize) for _ in range(runs))


def peak_flops(device: str, dtype: torch.dtype, synchronize: Job) -> float:
    """Return the most operations a second of a product of two square matrices."""
    side = 8192 if device == "cuda" else 1536
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    return 2 * side**3 / fastest(lambda: a @ b, synchronize)


def bandwidth(device: str, synchronize: Job) -> float:
    """Return the most bytes a second of reading what no cache holds."""
    block = torch.ones(2**28 if device == "cuda" else 2**26, device=device)
    return block.nbytes / fastest(block.sum, synchronize)


def weights_read(model: nn.Module) -> int:
    """Return the bytes of the weights, all of which each pass of decoding reads."""
    return sum(weight.nbytes for weight in model.parameters())


def training_flops(parameters: int, tokens: int) -> int:
    """Return 6 operations for each parameter and token. Attention is left out, so the share of the peak is a floor."""
    return 6 * parameters * tokens


def forward_flops(parameters: int, tokens: int) -> int:
    """Return 2 operations for each parameter and token, attention left out."""
    return 2 * parameters * tokens


def decode_pass(model: GPT, mode: str) -> Job:
    """Return one pass of decoding at batch 1, as ``generate`` makes it, or through slots and compiled."""
    like = model.embedding.weight
    token = torch.zeros(1, 1, dtype=torch.long, device=like.device)
    if mode == "compiled":
        slots = SlotCache(model.config, 1, like)
        step = compiled(lambda token: model(token, slots))
        return inference(lambda: step(token))
    cache = KVCache(model.config, 1, like)

    def step() -> None:
        cache.length = 64  # stays as long as it is, run after run
        model(token, cache)

    return inference(step)


def shares(job: Job) -> dict[str, float]:
    """Return how the processor's time of a job is shared out among kinds of operations."""
    job()
    with profile() as profiler:
        job()
    seconds: dict[str, float] = defaultdict(float)
    for event in profiler.key_averages():
        seconds[kind_of(event.key)] += event.self_cpu_time_total
    whole = sum(seconds.values())
    return {kind: seconds[kind] / whole for kind in [*KINDS, "the rest"]}


def kind_of(operation: str) -> str:
    """Return the kind of an operation by its name.

    >>> [kind_of(f"aten::{name}") for name in ("addmm", "_scaled_dot_product_flash_attention", "_fused_adamw_", "relu")]
    ['matrix products', 'attention', 'optimizer', 'the rest']
    """
    name = operation.lower()
    return next((kind for kind, parts in KINDS.items() if any(part in name for part in parts)), "the rest")


def near_the_limits(size: Size, device: str, dtype: torch.dtype, synchronize: Job) -> dict[str, float]:
    """Return both limits, and what of them our training, prefill and decoding reach, eager and compiled."""
    found = {"peak_flops": peak_flops(device, dtype, synchronize), "bandwidth": bandwidth(device, synchronize)}
    for mode in ("eager", "compiled"):
        torch._dynamo.reset()
        contestant = Ours(size, device, dtype)
        training = training_step(contestant, mode, size, device, dtype)
        seconds = fastest(training, synchronize, 4)
        tokens = size.train_batch * size.train_length
        found[f"train_{mode}"] = training_flops(contestant.parameters, tokens) / seconds / found["peak_flops"]
        if mode == "eager":
            found |= {f"train {kind}": share for kind, share in shares(training).items()}
        seconds = fastest(prefill(contestant, mode, size, device), synchronize, 4)
        found[f"prefill_{mode}"] = forward_flops(contestant.parameters, size.prompt) / seconds / found["peak_flops"]
        writing = decode_pass(contestant.model, mode)
        seconds = fastest(writing, synchronize, 16)
        found[f"decode_{mode}"] = weights_read(contestant.model) / seconds / found["bandwidth"]
        if mode == "eager":
            found |= {f"decode {kind}": share for kind, share in shares(writing).items()}
    return found
