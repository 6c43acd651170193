# %% setup
"""A small model drafts, a big one checks: the big one's own text, in fewer passes."""

import time
from itertools import zip_longest

import torch
import torch.nn.functional as F
from safetensors.torch import load_model

from casebook import (
    HELD_OUT,
    IGNORE,
    NAMES,
    NEWLINE,
    SOLVED,
    detokenize,
    encode,
    tokenize,
)
from engine import KVCache, check_request, generate
from tiny_gpt import GPT, Config


# %% read
def read(model, cache, tokens):
    """Read what the cache lacks; return the model's choice after each token of that."""
    new = torch.tensor([tokens[cache.length :]], device=cache.keys.device)
    return model(new, cache)[0].argmax(-1).tolist()


# %% speculate
@torch.inference_mode()
def speculate(target, draft, prompt, new_tokens, ahead, stop_token=None):
    """Continue a prompt, a list of tokens, as the target alone would (greedy decoding).

    But for ties within rounding: in bfloat16, scores do tie. Also returns, for each
    pass of the target, what it was to check and what it wrote. A draft whose context is
    full drafts no more. Raises ValueError where generate would, for another vocabulary
    of the draft, and for less than 0 tokens ahead.
    """
    tokens, passes = list(prompt), []
    check_request(target, torch.tensor([tokens]), new_tokens, stop_token)
    if draft.config.vocab_size != target.config.vocab_size:
        raise ValueError("draft and target must have the same vocabulary")
    if ahead < 0:
        raise ValueError(f"ahead must be 0 or more, not {ahead}")
    target_cache = KVCache(target.config, 1, like=target.embedding.weight)
    draft_cache = KVCache(draft.config, 1, like=draft.embedding.weight)
    end = len(tokens) + new_tokens
    # The target reads all guesses, the draft all but the last: both need the room.
    last = min(end - 1, target.config.context, draft.config.context + 1)
    while len(tokens) < end:
        guesses = []
        for _ in range(min(ahead, last - len(tokens))):  # one pass of the draft each
            guesses += read(draft, draft_cache, tokens + guesses)[-1:]
        # One pass of the target reads them all: what would it have written, where?
        choices = read(target, target_cache, tokens + guesses)[-len(guesses) - 1 :]
        agreed = 0
        while agreed < len(guesses) and guesses[agreed] == choices[agreed]:
            agreed += 1
        written = choices[: agreed + 1]  # what both agree on, then a choice of its own
        if stop_token in written:
            written = written[: written.index(stop_token) + 1]
        tokens += written
        passes.append((guesses, written))
        for cache in (target_cache, draft_cache):  # forget the guesses that were wrong
            cache.length = min(cache.length, len(tokens) - 1)
        if tokens[-1] == stop_token:
            break
    return tokens, passes


# %% models
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

# The draft is what train.py made. The target is deeper, and trained here the same way.
target, draft, untrained = (GPT(Config(layers=n)).to(device) for n in (8, 2, 2))
load_model(draft, "casebook.safetensors")
layers, draft_layers = len(target.blocks), len(draft.blocks)


# %% train
solved, steps, batch_size = encode(SOLVED, device), 160, 8
optimizers = [
    torch.optim.Muon(target.blocks.parameters(), weight_decay=0.0),
    torch.optim.AdamW(target.embedding.parameters(), betas=(0.9, 0.95)),
]
order = torch.randperm(len(SOLVED), device=device)
for step in range(steps):
    rows = order[step * batch_size : (step + 1) * batch_size]
    logits = target(solved.inputs[rows])  # (batch, length, vocabulary)
    F.cross_entropy(logits.mT, solved.targets[rows], ignore_index=IGNORE).backward()
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = 0.02 * min(1, (step + 1) / 20) * (1 - step / steps)
        optimizer.step()
        optimizer.zero_grad()


# %% lines
ahead, new_tokens = 4, 60  # a line is shorter, and ends with NEWLINE
# Two kinds of line: Watson's, where he invents clues, and Holmes's, who deduces.
invented = [tokenize(f"\nWatson: {name} has ") for name in NAMES[::2]]
deduced = [tokenize("\n" + case.question) for case in HELD_OUT[: len(invented)]]


def alone(prompt):
    """Return what the target writes without help, one token a pass."""
    row = torch.tensor([prompt], device=device)
    return generate(target, row, new_tokens, 0, NEWLINE)[0].tolist()


def drafted(draft, prompt):
    """Return what it writes with a draft, and its passes."""
    return speculate(target, draft, prompt, new_tokens, ahead, NEWLINE)


# %% compare
def compare(name, draft, prompts):
    """Write each line without a draft and with one. Print and return what differs."""
    alone_seconds, seconds = [], []
    for _ in range(3):  # in turns: a slow moment of the machine falls on both
        start = time.perf_counter()
        texts = [alone(prompt) for prompt in prompts]
        middle = time.perf_counter()
        done = [drafted(draft, prompt) for prompt in prompts]
        alone_seconds.append(middle - start)
        seconds.append(time.perf_counter() - middle)
    tokens = sum(len(text) - len(prompt) for text, prompt in zip(texts, prompts))
    passes = [each for _, passes in done for each in passes]
    checked = [g == w for guesses, written in passes for g, w in zip(guesses, written)]
    kept = sum(checked) / len(checked)
    speed = min(alone_seconds) / min(seconds)
    pairs = [zip_longest(text, other) for text, (other, _) in zip(texts, done)]
    different = sum(a != b for pair in pairs for a, b in pair)
    print(f"{name:<17}{tokens:>7}{len(passes):>8}{tokens / len(passes):>15.2f}", end="")
    print(f"{kept:>8.1%}{speed:>7.2f}{different:>11}")
    times.extend([alone_seconds, seconds])
    return tokens, len(passes), tokens / len(passes), kept, speed, different


# %% rounding
@torch.inference_mode()
def lead_over_rounding(prompt):
    """Return the closest choice in a line, against what another pass size changes."""
    row = torch.tensor([alone(prompt)], device=device)
    cache = KVCache(target.config, 1, like=target.embedding.weight)
    one_by_one = torch.cat([target(token, cache) for token in row.split(1, 1)], dim=1)
    first, second = one_by_one[0, len(prompt) - 1 : -1].topk(2).values.T
    return ((first - second).min() / (target(row) - one_by_one).abs().max()).item()


# %% numbers
times = []
print("line             tokens  passes  tokens a pass   kept  speed  different")
results = [
    compare("deduced", draft, deduced),
    compare("invented", draft, invented),
    compare("untrained draft", untrained, invented),
]
tokens, passes, tokens_a_pass, kept, speed, different = zip(*results)
invented_tokens, invented_passes = tokens[1], passes[1]
deduced_a_pass, invented_a_pass, _ = tokens_a_pass
deduced_kept, invented_kept, untrained_kept = kept
deduced_speed, invented_speed, untrained_speed = speed
tokens_compared, tokens_different = sum(tokens), sum(different)
invented_read = invented_passes * (ahead + 1)  # by the target, prompts not counted
least_lead = min(lead_over_rounding(prompt) for prompt in invented)
print(f"\nclosest choice: {least_lead:,.0f} times the rounding")

# For a picture: the line that took the most passes.
line = max((drafted(draft, prompt)[1] for prompt in invented), key=len)
line_guesses = [detokenize(guesses) for guesses, _ in line]
line_written = [detokenize(written) for _, written in line]
