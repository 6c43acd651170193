# %% setup
"""Read a text and write on, with a KV cache and without; then with another model."""

import time
from dataclasses import replace

import torch
from safetensors.torch import load_model
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from casebook import HELD_OUT, NEWLINE, detokenize, tokenize
from engine import KVCache, generate
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

# The trained model ends a sentence: always with the likeliest character (greedy) ...
trained = GPT(Config()).to(device).requires_grad_(False)
load_model(trained, "casebook.safetensors")  # train.py writes this file
opening = "\n" + HELD_OUT[0].question + "Adair is a clerk from "
prompt = torch.tensor([tokenize(opening)], device=device)
# %% loop
cache = KVCache(trained.config, batch=1, like=trained.embedding.weight)
reads, token = prompt, None
print("reads  cache holds  writes  probability")
while token != NEWLINE:
    scores = trained(reads, cache)[0, -1].softmax(-1)
    token = scores.argmax().item()
    print(f"{reads.shape[1]:>5} {cache.length:>12}", end="")
    print(f"{detokenize([token])!r:>8} {scores[token]:>12.1%}")
    reads = torch.tensor([[token]], device=device)
# ... or with one drawn at random, likely ones more often (sampled).
drawn = generate(trained, prompt, 20, temperature=2.0, stop_token=NEWLINE)
print(f"drawn: {detokenize(drawn[0, prompt.shape[1] :].tolist())!r}\n")


# %% cache
# Ways to write. Each gives a step: it reads tokens, (B, T), after those that it read
# before, and returns the scores of the next one, (B, vocabulary).
def with_cache():
    """Keep keys and values of each token."""
    cache = KVCache(config, batch=1, like=model.embedding.weight)
    return lambda tokens: model(tokens, cache)[:, -1]


def without_cache():
    """Keep the tokens, and read all of them again each time."""
    text = []

    def step(tokens):
        text.append(tokens)
        return model(torch.cat(text, dim=1))[:, -1]

    return step


# %% recurrent
def recurrent():
    """Keep a state (GRU), whose size does not grow."""
    state = None

    def step(tokens):
        nonlocal state
        output, state = gru(embedding(tokens), state)
        return output[:, -1] @ embedding.weight.T

    return step


# %% measure
@torch.inference_mode()
def time_decoding(step, prompt, tokens):
    """Return the seconds to read a prompt, and then to write each of so many tokens."""
    reads, seconds = prompt, []
    for _ in range(1 + tokens):
        start = time.perf_counter()
        reads = step(reads).argmax(-1, keepdim=True)  # (B, 1)
        if reads.is_cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return seconds


@torch.inference_mode()
def count_flops(job, *arguments):
    """Return the floating-point operations of a job's matrix products.

    Attention runs as plain products here: fused, PyTorch may count it as 0. Pairs of
    tokens that the mask hides count, too. For any other model take flops.py, which
    refuses where it cannot count.
    """
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        job(*arguments)
    return counter.get_total_flops()


# %% models
# Larger models, to see more: random weights take as long as trained ones.
context = 1024
config = Config(hidden_size=256, layers=4, heads=4, context=context)
model = GPT(config).to(device).requires_grad_(False)
gru = nn.GRU(256, 256, num_layers=4, batch_first=True).to(device)
embedding = nn.Embedding(128, 256).to(device)
gru.requires_grad_(False), embedding.requires_grad_(False)
text = torch.randint(128, (1, context), device=device)
lengths = [64, 128, 256, 512, 1000]
ways = {without_cache: 2, with_cache: 20, recurrent: 20}  # and tokens to write

# %% race
writing, times = [], []
print("text so far      no cache  with cache         GRU")
for length in lengths:
    rounds = []
    for _ in range(7):  # in turns, so that a slow moment falls on all
        rounds.append([])
        for way, tokens in ways.items():
            read, *wrote = time_decoding(way(), text[:, :length], tokens)
            rounds[-1].append([read, min(wrote)])
    times += torch.tensor(rounds).flatten(1).tolist()
    fastest = torch.tensor(rounds).amin(dim=0)  # (ways, reading or writing)
    reading, now = fastest.T.tolist()
    writing.append(now)
    print(f"{length:>11}  ", *(f"{1000 * seconds:>9.2f} ms" for seconds in now), sep="")
uncached_seconds, cached_seconds, recurrent_seconds = map(list, zip(*writing))
longest = lengths[-1]
cache_speedup = uncached_seconds[-1] / cached_seconds[-1]
read_rate, write_rate = longest / reading[1], 1 / cached_seconds[-1]
read_over_write = read_rate / write_rate
print(f"{read_rate:,.0f} tokens/s read, {write_rate:,.0f} tokens/s written\n")

# %% operations
# The operations of the last row.
step, all_read = with_cache(), text[:, : longest + 1]
read_flops = count_flops(step, all_read[:, :-1])
cached_flops = count_flops(step, all_read[:, -1:])
uncached_flops = count_flops(without_cache(), all_read)
weight_bytes = sum(weight.nbytes for weight in model.parameters())
# To read is to store keys and values; to write one more is to fetch them all again.
bytes_moved = weight_bytes + 2 * config.layers * longest * config.hidden_size * 4
read_intensity, write_intensity = read_flops / bytes_moved, cached_flops / bytes_moved
print(f"FLOP to write one: {cached_flops:,}, without cache {uncached_flops:,}")
print(f"for each byte moved: {write_intensity:.2f}, reading {read_intensity:.0f}")

# %% memory
# The memory of the cache, for a full context: with all heads, or with only one.
shared = replace(config, kv_heads=1)
caches = [KVCache(each, 1, like=model.embedding.weight) for each in (config, shared)]
cache_bytes, shared_cache_bytes = (c.keys.nbytes + c.values.nbytes for c in caches)
state_bytes = gru(embedding(text))[1].nbytes
print(f"KV cache: {cache_bytes:,} B, with 1 head {shared_cache_bytes:,} B")
layers, heads, head_size = config.layers, config.heads, config.head_size
bytes_per_value = model.embedding.weight.element_size()

# %% same
# The scores are the same, but for rounding.
step = with_cache()
scores = torch.cat([step(token) for token in text[:, :512].split(1, dim=1)])
largest_difference = (scores - model(text)[0, :512]).abs().max().item()
print(f"scores differ by at most {largest_difference:.0e}")
