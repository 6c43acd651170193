"""Read a text and write on, with a KV cache and without; then with another model."""

import time
from dataclasses import replace

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from casebook import HELD_OUT, NEWLINE, detokenize, tokenize
from tiny_gpt import GPT, Config, KVCache, generate, load_weights

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.set_grad_enabled(False)
torch.manual_seed(1887)

# The trained model ends a sentence: always with the likeliest character (greedy) ...
trained = GPT(Config()).to(device)
load_weights(trained, "casebook.safetensors")  # train.py writes this file
opening = "\n" + HELD_OUT[0].question + "Adair is a clerk from "
prompt = torch.tensor([tokenize(opening)], device=device)
cache = KVCache(trained.config, batch=1, like=trained.embedding.weight)
step, token = prompt, None
print("reads  cache holds  writes  at position  probability")
while token != NEWLINE:
    scores = trained(step, cache)[0, -1].softmax(-1)  # one for each possible character
    token = scores.argmax().item()
    print(f"{step.shape[1]:>5} {cache.length:>12} {detokenize([token])!r:>7}", end="")
    print(f"{cache.length + 1:>13} {scores[token]:>12.1%}")
    step = torch.tensor([[token]], device=device)
# ... or with characters drawn at random, likely ones more often.
drawn = generate(trained, prompt, 20, temperature=2.0, stop_token=NEWLINE)
sampled = detokenize(drawn[0, prompt.shape[1] :].tolist()).strip()
print(f"drawn at temperature 2: {sampled!r}\n")


# Three ways to go on from a text, (B, T). Each returns a step: it takes the next token,
# (B, 1), remembers it, and returns the scores of the one after, (B, vocabulary).
def with_cache(text):
    """Remember keys and values of each token."""
    cache = KVCache(config, len(text), like=model.embedding.weight)
    model(text, cache)
    return lambda token: model(token, cache)[:, -1]


def without_cache(text):
    """Remember the text, and read all of it again each time."""
    texts = [text]

    def step(token):
        texts.append(token)
        return model(torch.cat(texts, dim=1))[:, -1]

    return step


def recurrent(text):
    """Remember a state (GRU), whose size does not grow."""
    _, state = gru(embedding(text))

    def step(token):
        nonlocal state
        output, state = gru(embedding(token), state)
        return output[:, -1] @ embedding.weight.T

    return step


def timed(job, *arguments):
    """Return what a job returns, and the seconds it took."""
    begin = time.perf_counter()
    result = job(*arguments)
    if device == "cuda":
        torch.cuda.synchronize()
    return result, time.perf_counter() - begin


def time_decoding(step, first_token, tokens):
    """Return the seconds of each of so many tokens, the likeliest one each time."""
    token, seconds = first_token, []
    for _ in range(tokens):
        scores, spent = timed(step, token)
        token = scores.argmax(-1, keepdim=True)
        seconds.append(spent)
    return seconds


def count_flops(job, *arguments):
    """Return the floating-point operations of a job.

    The counter takes attention for 0 on a CPU, unless it runs as plain matrix products.
    """
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        job(*arguments)
    return counter.get_total_flops()


# Larger models, to see more: random weights take as long as trained ones.
config = Config(hidden_size=256, layers=4, heads=4, context=1024)
model = GPT(config).to(device)
gru = nn.GRU(256, 256, num_layers=4, batch_first=True).to(device)
embedding = nn.Embedding(128, 256).to(device)
text = torch.randint(128, (1, config.context), device=device)
lengths, ways = [64, 128, 256, 512, 1000], (without_cache, with_cache, recurrent)
reading, writing = ({way: [] for way in ways} for _ in range(2))  # seconds by length

print("text so far  without cache   with cache          GRU")
for length in lengths:
    before, token = text[:, :length], text[:, length : length + 1]
    read, wrote = ({way: [] for way in ways} for _ in range(2))
    for _ in range(4):  # in turns, so that a slow moment falls on all
        for way in ways:
            step, spent = timed(way, before)
            read[way].append(spent)
            wrote[way] += time_decoding(step, token, tokens=2)
    for way in ways:
        reading[way].append(min(read[way]))
        writing[way].append(min(wrote[way]))
    row = "".join(f"{1000 * writing[way][-1]:>10.2f} ms" for way in ways)
    print(f"{length:>11}  {row}")

longest = lengths[-1]
uncached_seconds, cached_seconds, recurrent_seconds = writing.values()
cache_speedup = uncached_seconds[-1] / cached_seconds[-1]
read_tokens_per_second = longest / reading[with_cache][-1]
write_tokens_per_second = 1 / cached_seconds[-1]
read_over_write = read_tokens_per_second / write_tokens_per_second
recurrent_read_over_write = longest / reading[recurrent][-1] * recurrent_seconds[-1]
print(f"tokens/s reading {read_tokens_per_second:,.0f}, ", end="")
print(f"writing {write_tokens_per_second:,.0f}: {read_over_write:.0f} to 1 ", end="")
print(f"(GRU {recurrent_read_over_write:.1f} to 1)\n")

# Slow to write is not much to compute: from the longest text to its next token.
read_flops = count_flops(with_cache, before)
cached_flops = count_flops(with_cache(before), token)
uncached_flops = count_flops(without_cache(before), token)
weight_bytes = sum(weight.nbytes for weight in model.parameters())
read_intensity, write_intensity = read_flops / weight_bytes, cached_flops / weight_bytes
print(f"to write one: {cached_flops:,} FLOP; without cache {uncached_flops:,}")
print(f"FLOP for each byte of weights: {write_intensity:.2f}; ", end="")
print(f"to read all: {read_intensity:.0f}")

# The cache takes memory: here for a full context, with all heads or with only one.
grouped = replace(config, kv_heads=1)
caches = [KVCache(each, 1, like=model.embedding.weight) for each in (config, grouped)]
cache_bytes, grouped_cache_bytes = (c.keys.nbytes + c.values.nbytes for c in caches)
state_bytes = gru(embedding(before))[1].nbytes
print(f"KV cache: {cache_bytes:,} B; with 1 head {grouped_cache_bytes:,} B; ", end="")
print(f"GRU state {state_bytes:,} B")
layers, heads, kv_heads = config.layers, config.heads, grouped.kv_heads
head_size, context = config.head_size, config.context
bytes_per_value = model.embedding.weight.element_size()

# And it changes no score, but for rounding.
at_once, step = model(text)[0], with_cache(text[:, :512])
one_by_one = torch.cat([step(text[:, i : i + 1]) for i in range(512, context)])
largest_difference = (one_by_one - at_once[512:]).abs().max().item()
print(f"scores differ by at most {largest_difference:.0e}")
