"""Predict how long our own work takes from what this machine can do, then time it."""

import math
import time
import timeit
from functools import partial

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


def works(size, config, cases, held=64):
    """Yield what a model does: a name, the job, and its seconds by the formulas."""
    model, batch = GPT(config).to(device), encode(SOLVED[:cases], device)
    parameters = sum(weight.numel() for weight in model.parameters())
    weight_bytes = sum(weight.nbytes for weight in model.parameters())
    tokens, length = batch.inputs.numel(), batch.inputs.shape[1]  # with the padding
    like = model.embedding.weight
    shape = config.layers, config.heads, config.head_size
    optimizers = [torch.optim.AdamW(model.parameters(), lr=1e-4)]
    if size == "small":  # as in train.py
        embedding = torch.optim.AdamW(model.embedding.parameters(), lr=1e-4)
        optimizers = [torch.optim.Muon(model.blocks.parameters(), lr=1e-4), embedding]

    def learn():
        scores, targets = model(batch.inputs).flatten(0, 1), batch.targets.flatten()
        F.cross_entropy(scores, targets, ignore_index=IGNORE).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()

    @torch.no_grad()
    def read():
        model(batch.inputs, KVCache(config, cases, like))

    @torch.no_grad()
    def write(newest, cache):
        cache.length = held
        model(newest, cache)

    flops = costs.training_flops(parameters, tokens)
    flops += costs.attention_training_flops(*shape, length, tokens)
    seconds = partial(costs.roofline_seconds, flops, weight_bytes)
    yield f"{size}: training step", learn, seconds
    heads, kinds = shape[1:], (config.layers, 0, 0, 0)  # each keeps the whole text
    flops = costs.inference_flops(parameters, tokens)
    pairs = cases * costs.attended_pairs(length, *kinds)
    flops += costs.attention_flops(*heads, pairs)
    seconds = partial(costs.roofline_seconds, flops, weight_bytes)
    yield f"{size}: read {cases} cases", read, seconds
    for texts in (1, 8, 32):  # one more token for each
        newest = torch.zeros(texts, 1, dtype=torch.long, device=device)
        job = partial(write, newest, KVCache(config, texts, like))
        size_read = weight_bytes + costs.kv_cache_bytes(*shape, texts * held, 4)
        flops = costs.inference_flops(parameters, texts)
        pairs = texts * costs.kept_tokens(held, *kinds)
        flops += costs.attention_flops(*heads, pairs)
        seconds = partial(costs.roofline_seconds, flops, size_read)
        yield f"{size}: write for {texts}", job, seconds


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


large = Config(hidden_size=512, layers=8, heads=8)
todo = [*works("small", Config(), cases=16), *works("large", large, cases=4)]
calls = [Calls(job).seen for _, job, _ in todo]
# A model of eight channels: nothing to compute or to move, so all it does is start.
_, _, (_, idle, _), *_ = works("idle", Config(hidden_size=8), cases=1)


def squares(dtype):
    """Return the FLOP of a product of matrices as large as is quickly done, and it."""
    side, seconds = 256, 0
    while seconds < 0.01 and side < (8192 if device == "cuda" else 2048):
        side *= 2
        a, b, c = torch.randn(3, side, side, device=device, dtype=dtype)
        job = partial(torch.mm, a, b, out=c)
        seconds = min(timeit.repeat(job, number=1, repeat=2))
    return 2 * side**3, job


floats = torch.randn(2**28 if device == "cuda" else 2**26, device=device)
matrices = torch.randn(24, 4 * large.hidden_size, large.hidden_size, device=device)
x = torch.randn(1, large.hidden_size, device=device)
limits = {  # how much, and by what
    "float32 operations": squares(torch.float32),
    "bfloat16 operations": squares(torch.bfloat16),  # slow, where no hardware does it
    "bytes read": (floats.nbytes, floats.sum),  # more than any cache holds
    "bytes, for a vector": (
        matrices.nbytes,
        lambda: [F.linear(x, w) for w in matrices],
    ),
    "calls": (len(Calls(idle).seen), idle),
}
jobs = {name: job for name, (_, job) in limits.items()}
jobs |= {name: job for name, job, _ in todo}
turns = time_in_turns(jobs)
times, best = list(turns.values()), {name: min(seen) for name, seen in turns.items()}
each_second = [amount / best[name] for name, (amount, _) in limits.items()]
flops_per_second, bfloat16_flops_per_second, bytes_per_second = each_second[:3]
vector_bytes_per_second, seconds_per_call = each_second[3], 1 / each_second[4]
for name, rate in zip(limits, each_second):
    print(f"{name:<25}{rate / 1e6:>11,.1f} million a second")

rates = flops_per_second, bytes_per_second
names, measured = [name for name, _, _ in todo], [best[name] for name, _, _ in todo]
predicted = [seconds(*rates) for _, _, seconds in todo]
by_call = [sum(call_seconds(*each, *rates) for each in seen) for seen in calls]
ratios = [took / said for took, said in zip(measured, predicted)]
ratios_by_call = [took / said for took, said in zip(measured, by_call)]
print("\nmilliseconds            formula  call by call  measured    ratio to each")
for row in zip(names, predicted, by_call, measured, ratios, ratios_by_call):
    name, *seconds, ratio, ratio_by_call = row
    line = "".join(f"{each * 1e3:11.3f}" for each in seconds)
    print(f"{name:<20}{line} {ratio:8.2f} {ratio_by_call:7.2f}")
small_step, _, small_write, _, _, large_step, large_read, large_write, *more = ratios
large_write_for_few, large_write_for_many = more
small_step_by_call, _, small_write_by_call, *_ = ratios_by_call
large_step_by_call, large_read_by_call, large_write_by_call, *more = ratios_by_call[5:]
large_write_for_few_by_call, large_write_for_many_by_call = more
# The same formula with the rate at which memory is read to multiply a vector.
large_write_vector = measured[7] / todo[7][2](flops_per_second, vector_bytes_per_second)

# How fast train.py should learn: its batch, and no padding counted.
learned = (encode(SOLVED[:16]).targets != IGNORE).sum().item()
train_tokens_per_second = learned / predicted[0]
train_tokens_per_second_by_call = learned / by_call[0]
print(f"\ntrain.py should learn {train_tokens_per_second:,.0f} tokens a second by the")
print(f"formula, and {train_tokens_per_second_by_call:,.0f} call by call.")
