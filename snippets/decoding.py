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
reads, token = prompt, None
print("reads  then writes  at position  probability")
while token != NEWLINE:
    scores = trained(reads, cache)[0, -1].softmax(-1)  # one for each character there is
    token = scores.argmax().item()
    print(f"{reads.shape[1]:>5} {detokenize([token])!r:>12}", end="")
    print(f"{cache.length:>13} {scores[token]:>12.1%}")  # as many as the cache holds
    reads = torch.tensor([[token]], device=device)
# ... or with characters drawn at random, likely ones more often (sampled).
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
    """Return a job's floating-point operations; attention needs MATH to be counted."""
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

fastest = []
print("text so far  without cache   with cache          GRU")
for length in lengths:
    before, token, rounds = text[:, :length], text[:, length : length + 1], []
    for _ in range(4):  # in turns, so that a slow moment falls on all
        rounds.append([])
        for way in ways:
            step, read = timed(way, before)
            rounds[-1].append([read, min(time_decoding(step, token, tokens=2))])
    fastest.append(torch.tensor(rounds).amin(dim=0))  # (ways, read or written)
    row = "".join(f"{1000 * seconds:>10.2f} ms" for _, seconds in fastest[-1])
    print(f"{length:>11}  {row}")
reading, writing = (
    torch.stack(fastest).permute(2, 1, 0).tolist()
)  # each by way and length
uncached_seconds, cached_seconds, recurrent_seconds = writing
longest = lengths[-1]
cache_speedup = uncached_seconds[-1] / cached_seconds[-1]
read_tokens_per_second, gru_reads = (longest / reading[i][-1] for i in (1, 2))
write_tokens_per_second = 1 / cached_seconds[-1]
read_over_write = read_tokens_per_second / write_tokens_per_second
gru_read_over_write = gru_reads * recurrent_seconds[-1]
print(f"tokens read in the time of writing one: {read_over_write:.0f}", end="")
print(f" (GRU {gru_read_over_write:.1f})\n")

# Much to wait for, not much to compute: from the longest text to its next token.
read_flops = count_flops(with_cache, before)
cached_flops = count_flops(with_cache(before), token)
uncached_flops = count_flops(without_cache(before), token)
weight_bytes = sum(weight.nbytes for weight in model.parameters())
read_intensity, write_intensity = read_flops / weight_bytes, cached_flops / weight_bytes
print(f"to write one: {cached_flops:,} FLOP; without cache {uncached_flops:,}")
print(f"for each byte of weights {write_intensity:.2f}; to read {read_intensity:.0f}")

# The cache takes memory: here for a full context, with all heads or with only one.
shared = replace(config, kv_heads=1)
caches = [KVCache(each, 1, like=model.embedding.weight) for each in (config, shared)]
cache_bytes, shared_cache_bytes = (c.keys.nbytes + c.values.nbytes for c in caches)
state_bytes = gru(embedding(before))[1].nbytes
print(f"KV cache: {cache_bytes:,} B; with 1 head {shared_cache_bytes:,} B")
layers, heads, kv_heads = config.layers, config.heads, shared.kv_heads
head_size, context = config.head_size, config.context
bytes_per_value = model.embedding.weight.element_size()

# And it changes no score, but for rounding.
at_once, step = model(text)[0], with_cache(text[:, :512])
one_by_one = torch.cat([step(text[:, i : i + 1]) for i in range(512, context)])
largest_difference = (one_by_one - at_once[512:]).abs().max().item()
print(f"scores differ by at most {largest_difference:.0e}")
