# %% setup
"""Measure what this machine does at best, and which of it each job is short of."""

import math
import time
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry, sdpa_backward_flop_count

import costs
from casebook import IGNORE, SOLVED, encode
from engine import KVCache
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)
few_texts, most_texts = 8, 32  # that the models write for at once


# %% stopwatch
def time_in_turns(jobs, rounds=6, turn_seconds=0.05):
    """Return each job's shortest time in each of its turns, in seconds."""
    times = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            turn_ends, shortest = time.perf_counter() + turn_seconds, math.inf
            while (start := time.perf_counter()) < turn_ends:
                job()
                if device == "cuda":
                    torch.cuda.synchronize()
                shortest = min(shortest, time.perf_counter() - start)
            times[name].append(shortest)
    return times


# %% ceilings
def squares(dtype):
    """Return the FLOP of a product of matrices as large as is quickly done, and it."""
    side, seconds = 256, 0
    while seconds < 0.01 and side < (8192 if device == "cuda" else 2048):
        side *= 2
        a, b, c = torch.randn(3, side, side, device=device, dtype=dtype)
        job = partial(torch.mm, a, b, out=c)
        seconds = min(timeit.repeat(job, number=1, repeat=2))
    return 2 * side**3, job


rows = 2**16 if device == "cuda" else 2**14
matrix = torch.randn(rows, 4096, device=device)  # larger than any cache
vector = torch.randn(4096, device=device)
limits = {  # how much, and by what
    "float32 operations": squares(torch.float32),
    "bytes read": (matrix.nbytes, partial(torch.mv, matrix, vector)),
}


# %% work
class Work(NamedTuple):
    """A job, its floating-point operations, and the bytes that it has to move."""

    job: Callable[[], object]
    flops: float
    bytes_moved: float

    def seconds(self, flops_per_second, bytes_per_second):
        """Return the time of the job by the roofline, from a machine's two rates."""
        rates = flops_per_second, bytes_per_second
        return costs.roofline_seconds(self.flops, self.bytes_moved, *rates)


def size_of(model):
    """Return a model's parameters, their bytes, and its layers, heads and head size."""
    parameters = sum(weight.numel() for weight in model.parameters())
    weight_bytes = sum(weight.nbytes for weight in model.parameters())
    config = model.config
    return parameters, weight_bytes, (config.layers, config.heads, config.head_size)


# %% training_step
def training_step(model, batch, optimizers):
    """Return what it is to learn from a batch once, padding included."""
    parameters, weight_bytes, shape = size_of(model)
    tokens, length = batch.inputs.numel(), batch.inputs.shape[1]

    def learn():
        scores, targets = model(batch.inputs).flatten(0, 1), batch.targets.flatten()
        F.cross_entropy(scores, targets, ignore_index=IGNORE).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()

    flops = costs.training_flops(parameters, tokens)
    flops += costs.attention_training_flops(*shape, length, tokens)
    # For each weight: read it forward and backward, write its gradient. Then Adam reads
    # weight, gradient and two means, and writes all but the gradient. What the layers
    # keep for the way back isn't counted: it grows with the batch.
    return Work(learn, flops, (2 + 1 + 4 + 3) * weight_bytes)


# %% reading
def reading(model, batch):
    """Return what it is to read a batch (prefill): one pass for all of its tokens."""
    parameters, weight_bytes, (layers, *heads) = size_of(model)
    cases, length = batch.inputs.shape

    @torch.no_grad()
    def read():
        model(batch.inputs, KVCache(model.config, cases, model.embedding.weight))

    pairs = cases * costs.attended_pairs(length, layers, 0, 0, 0)
    flops = costs.inference_flops(parameters, cases * length)
    flops += costs.attention_flops(*heads, pairs)
    written = costs.kv_cache_bytes(layers, *heads, cases * length, 4)
    return Work(read, flops, weight_bytes + written)


# %% writing
def writing(model, texts, held=64):
    """Return what it is to write one more token for each text (decode): a pass."""
    parameters, weight_bytes, (layers, *heads) = size_of(model)
    newest = torch.zeros(texts, 1, dtype=torch.long, device=device)
    cache = KVCache(model.config, texts, model.embedding.weight)

    @torch.no_grad()
    def write():
        cache.length = held
        model(newest, cache)

    pairs = texts * costs.kept_tokens(held, layers, 0, 0, 0)
    flops = costs.inference_flops(parameters, texts)
    flops += costs.attention_flops(*heads, pairs)
    fetched = costs.kv_cache_bytes(layers, *heads, texts * held, 4)
    return Work(write, flops, weight_bytes + fetched)


# %% works
def works(size, config, cases):
    """Yield what a model does, by name."""
    model, batch = GPT(config).to(device), encode(SOLVED[:cases], device)
    optimizers = [torch.optim.AdamW(model.parameters(), lr=1e-4)]
    if size == "small":  # as in train.py
        embedding = torch.optim.AdamW(model.embedding.parameters(), lr=1e-4)
        optimizers = [torch.optim.Muon(model.blocks.parameters(), lr=1e-4), embedding]
    yield f"{size}: training step", training_step(model, batch, optimizers)
    yield f"{size}: read {cases} cases", reading(model, batch)
    for texts in (1, few_texts, most_texts):
        yield f"{size}: write for {texts}", writing(model, texts)


# %% calls
class Calls(TorchDispatchMode):
    """Notes each call to PyTorch: its operations, and the bytes that it touches."""

    def __init__(self, job):
        super().__init__()
        self.seen = []
        job()  # the first time, an optimizer sets itself up
        with self:
            job()

    def __torch_dispatch__(self, call, types, args=(), kwargs=None):
        result, flops, size = call(*args, **(kwargs or {})), 0, 0
        if not call.is_view:  # a view is the same bytes, seen in another way
            tensors = tree_leaves((args, kwargs, result))
            size = sum(each.nbytes for each in tensors if hasattr(each, "nbytes"))
        if formula := flop_registry.get(call.overloadpacket):
            flops = formula(*args, **(kwargs or {}), out_val=result)
        elif call.name().endswith("attention_for_cpu"):  # PyTorch has no formula
            flops = 4 * args[0].numel() * args[1].shape[2]
        elif call.name().endswith("attention_for_cpu_backward"):
            flops = sdpa_backward_flop_count(*(each.shape for each in args[:4]))
        self.seen.append((flops, size))
        return result


def call_seconds(flops, size, flops_per_second, bytes_per_second):
    """Return the time of a call: to compute, to move its bytes, or just to start."""
    return max(flops / flops_per_second, size / bytes_per_second, seconds_per_call)


# %% measure
large = Config(hidden_size=512, layers=8, heads=8)
small_works, large_works = works("small", Config(), 16), works("large", large, 4)
todo = dict(small_works) | dict(large_works)
calls = [Calls(work.job).seen for work in todo.values()]
# A model of eight channels: nothing to compute or to move, so all it does is start.
_, (_, (idle, *_)), *_ = works("idle", Config(hidden_size=8), cases=1)
matrices = torch.randn(24, 4 * large.hidden_size, large.hidden_size, device=device)
x = torch.randn(few_texts, large.hidden_size, device=device)
limits |= {
    "bfloat16 operations": squares(torch.bfloat16),  # slow, where no hardware does it
    "bytes, for one row": (
        matrices.nbytes,
        lambda: [F.linear(x[:1], w) for w in matrices],
    ),
    "operations, for few rows": (
        2 * few_texts * matrices.numel(),
        lambda: [F.linear(x, w) for w in matrices],
    ),
    "calls": (len(Calls(idle).seen), idle),
}
jobs = {name: job for name, (_, job) in limits.items()}
turns = time_in_turns(jobs | {name: work.job for name, work in todo.items()})
best = {name: min(seen) for name, seen in turns.items()}
each_second = {name: amount / best[name] for name, (amount, _) in limits.items()}
flops_per_second = each_second["float32 operations"]
bytes_per_second = each_second["bytes read"]
for name, rate in each_second.items():
    print(f"{name:<25}{rate / 1e6:>11,.1f} million a second")

# %% roofline
ridge_point = flops_per_second / bytes_per_second  # operations for each byte
flops = [work.flops for work in todo.values()]
bytes_moved = [work.bytes_moved for work in todo.values()]
intensities = [work.flops / work.bytes_moved for work in todo.values()]
reached = [work.flops / best[name] for name, work in todo.items()]  # in a second
print(f"\nat {ridge_point:.1f} operations for each byte, both limits are equal")
print("                      operations      million a second")
print("                       each byte    at most     reached")
for name, intensity, rate in zip(todo, intensities, reached):
    most = min(flops_per_second, intensity * bytes_per_second)
    print(f"{name:<20}{intensity:>12.1f}{most / 1e6:>11,.0f}{rate / 1e6:>12,.0f}")


# %% energy
def counters(zones=Path("/sys/class/powercap")):
    """Return what each processor's own counter (RAPL) shows, and where it starts over.

    In microjoules. There is nothing to read on most rented machines, nor without root.
    """
    packages = [  # a package holds its cores, which have counters of their own
        zone
        for zone in sorted(zones.glob("intel-rapl:*"))  # AMD's have this name, too
        if (zone / "name").read_text().startswith("package")
    ]
    files = "energy_uj", "max_energy_range_uj"
    try:
        return [[int((zone / file).read_text()) for file in files] for zone in packages]
    except PermissionError:
        return []


def joules(job, most_watts=None, seconds=1.0):
    """Return the joules of a job, and how they are known; None where nothing says it.

    "counted" by the processors, with all else that ran on them, or "metered" by the GPU
    alone: its power over the last second (NVML, package nvidia-ml-py). Else "at most":
    the time, and most_watts, the most that the processor draws (TDP).
    """
    before = [] if device == "cuda" else counters()
    if not (before or most_watts or device == "cuda"):
        return None, "not known"
    runs, start = 0, time.perf_counter()
    while (took := time.perf_counter() - start) < seconds:
        job()
        if device == "cuda":
            torch.cuda.synchronize()
        runs += 1
    if device == "cuda":
        return torch.cuda.power_draw() / 1000 * took / runs, "metered"
    if before:
        pairs = zip(before, counters())
        used = sum((last - first) % (most + 1) for (first, most), (last, _) in pairs)
        return used / 1e6 / runs, "counted"
    return most_watts * took / runs, "at most"


for name in ("large: training step", "large: write for 1"):
    used, how = joules(todo[name].job)
    print(f"{name}: energy {how}" + (f", {used:.3f} joules" if used else ""))

# %% predictions
rates = flops_per_second, bytes_per_second
bfloat16_flops_per_second = each_second["bfloat16 operations"]
vector_bytes_per_second = each_second["bytes, for one row"]
few_rows_flops_per_second = each_second["operations, for few rows"]
seconds_per_call = 1 / each_second["calls"]
names, measured = list(todo), [best[name] for name in todo]
predicted = [work.seconds(*rates) for work in todo.values()]
by_call = [sum(call_seconds(*each, *rates) for each in seen) for seen in calls]
ratios = [took / said for took, said in zip(measured, predicted)]
ratios_by_call = [took / said for took, said in zip(measured, by_call)]
print("\nmilliseconds            formula  call by call  measured    ratio to each")
for row in zip(names, predicted, by_call, measured, ratios, ratios_by_call):
    name, *seconds, ratio, ratio_by_call = row
    line = "".join(f"{each * 1e3:11.3f}" for each in seconds)
    print(f"{name:<20}{line} {ratio:8.2f} {ratio_by_call:7.2f}")

# %% numbers
small_step, _, small_write, _, _, large_step, large_read, large_write, *more = ratios
large_write_for_few, large_write_for_many = more
small_step_by_call, _, small_write_by_call, *_ = ratios_by_call
large_step_by_call, large_read_by_call, large_write_by_call, *more = ratios_by_call[5:]
large_write_for_few_by_call, large_write_for_many_by_call = more
# The same formula with the rates that a linear layer reaches with one row and with few.
vector_rates = flops_per_second, vector_bytes_per_second
large_write_vector = measured[7] / todo[names[7]].seconds(*vector_rates)
rates_of_few_rows = few_rows_flops_per_second, bytes_per_second
large_write_few_rows = measured[8] / todo[names[8]].seconds(*rates_of_few_rows)
step_intensity, read_intensity, write_intensity, *more = intensities[5:]
write_for_few_intensity, write_for_many_intensity = more
parameters, weight_bytes, _ = size_of(GPT(large))

# How fast train.py should learn: its batch, and no padding counted.
learned = (encode(SOLVED[:16]).targets != IGNORE).sum().item()
train_tokens_per_second = learned / predicted[0]
train_tokens_per_second_by_call = learned / by_call[0]
print(f"\ntrain.py should learn {train_tokens_per_second:,.0f} tokens a second by the")
print(f"formula, and {train_tokens_per_second_by_call:,.0f} call by call.")
