# %% setup
"""Share each pass: batches of many sizes, then one queue that is served three ways."""

import random
import time
from collections import deque
from dataclasses import dataclass, field

import torch
from safetensors.torch import load_model

from casebook import HELD_OUT, NEWLINE, tokenize
from engine import KVCache, SlotCache, generate
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)

model = GPT(Config()).to(device)
load_model(model, "casebook.safetensors")  # train.py writes this file


# %% request
@dataclass
class Request:
    """A case that breaks off, to be written to its end; times are counted in passes."""

    arrives: int
    prompt: list[int]  # two tokens or more
    answer: list[int] = field(default_factory=list)
    slot: int = 0
    starts: int = 0
    ends: int = 0

    @property
    def done(self):
        """A newline starts a case, and ends each of its two lines."""
        return (self.prompt + self.answer).count(NEWLINE) == 3


# %% serve
@torch.inference_mode()
def serve(model, requests, slots, continuous):
    """Answer requests in order of arrival; return how many decode passes that took.

    Continuous: a slot that falls free goes to the next in line. Static: nobody is let
    in until all slots are free. Raises ValueError for a prompt of a single token or one
    that leaves no room for an answer, before anybody is served.
    """
    waiting, context = deque(requests), model.config.context
    for request in waiting:
        if not 2 <= (length := len(request.prompt)) < context:
            raise ValueError(f"a prompt of {length} tokens; give 2 to {context - 1}")
    weight = model.embedding.weight
    cache = SlotCache(model.config, slots, like=weight)
    newest = torch.full((slots, 1), NEWLINE, device=weight.device)
    seated, clock, passes = {}, 0, 0
    while waiting or seated:
        if continuous or not seated:
            for slot in range(slots):
                if slot not in seated and waiting and waiting[0].arrives <= clock:
                    request = seated[slot] = waiting.popleft()
                    request.slot, request.starts = slot, clock
                    *read, last = request.prompt
                    alone = KVCache(model.config, batch=1, like=weight)
                    model(torch.tensor([read], device=weight.device), alone)  # prefill
                    cache.fill(slot, alone)
                    newest[slot] = last  # the next pass reads it, and answers
        clock += 1
        if not seated:
            continue
        passes += 1
        newest = model(newest, cache)[:, -1].argmax(-1, keepdim=True)  # (slots, 1)
        for slot, token in enumerate(newest[:, 0].tolist()):
            if slot in seated:  # an empty slot is computed too, for nobody
                request = seated[slot]
                request.answer.append(token)
                full = len(request.prompt + request.answer) >= context
                if request.done or full:
                    seated.pop(slot).ends = clock
    return passes


# %% stopwatch
@torch.inference_mode()
def time_in_turns(batches, rounds=80):
    """Return the times of a decode pass for each batch size, in seconds."""
    like = model.embedding.weight
    caches = [SlotCache(model.config, batch, like) for batch in batches]
    times = [[] for _ in batches]
    for _ in range(rounds):
        for i, batch in enumerate(batches):
            tokens = torch.full((batch, 1), NEWLINE, device=device)
            start = time.perf_counter()
            model(tokens, caches[i]).argmax(-1).tolist()
            times[i].append(time.perf_counter() - start)
    return times


# %% queue
def mean_wait(requests):
    """Return how long a request waits for a slot, in passes."""
    return sum(each.starts - each.arrives for each in requests) / len(requests)


def make_requests(cuts, weights, seed=1):
    """Return cases cut off somewhere, and when they arrive: the same each time."""
    rng, requests = random.Random(seed), []
    arrives = -16  # the first ones wait before the doors open
    for case in rng.sample(HELD_OUT, 24):
        text = case.question + case.answer
        (cut,) = rng.choices(cuts, weights)
        prompt = text[: text.index(cut) + len(cut)]
        requests.append(Request(arrives, tokenize("\n" + prompt)))
        arrives += rng.randrange(8)
    return requests


# %% sizes
batches = [1, 2, 4, 8, 16, 32, 64]
times = time_in_turns(batches)
pass_seconds = [min(seen) for seen in times]
tokens_per_second = [batch / each for batch, each in zip(batches, pass_seconds)]
largest_batch = batches[-1]
throughput_ratio = tokens_per_second[-1] / tokens_per_second[0]
latency_ratio = pass_seconds[-1] / pass_seconds[0]

print("batch  ms a pass  tokens/s")
for batch, seconds, rate in zip(batches, pass_seconds, tokens_per_second):
    print(f"{batch:>5} {seconds * 1e3:>10.2f} {rate:>9,.0f}")
print(f"{batch} / 1 {latency_ratio:>10.1f} {throughput_ratio:>9.1f} times\n")

# %% rules
# One queue, served three ways. Most want a city, some an answer, some a whole case.
slots, mixed = 4, (["from ", "Holmes: ", "has "], [4, 1, 1])
alone, static, continuous = (make_requests(*mixed) for _ in range(3))
alone_passes = serve(model, alone, 1, continuous=True)
static_passes = serve(model, static, slots, continuous=False)
continuous_passes = serve(model, continuous, slots, continuous=True)
queue_length, passes_ratio = len(static), static_passes / continuous_passes

# %% numbers
# A place is one slot in one pass. One by one, none is wasted.
static_wasted = 1 - alone_passes / (slots * static_passes)
continuous_wasted = 1 - alone_passes / (slots * continuous_passes)
alone_wait, static_wait, continuous_wait = map(mean_wait, (alone, static, continuous))

# Does company change an answer? Write each one alone.
answers_changed, served = 0, static + continuous
for request in served:
    prompt = torch.tensor([request.prompt], device=device)
    row = generate(model, prompt, len(request.answer))[0].tolist()
    answers_changed += row != request.prompt + request.answer

# Does the mixture make the difference? Here all want an answer.
even = ["Holmes: "], [1]
even_static = serve(model, make_requests(*even), slots, continuous=False)
even_ratio = even_static / serve(model, make_requests(*even), slots, continuous=True)

# Who sat where: static in the first half of each list, then continuous.
seats = [each.slot for each in served]
starts, ends = [each.starts for each in served], [each.ends for each in served]

print(f"{queue_length} requests  passes  wasted  mean wait")
line = "{:<11} {:>7} {:>7.0%} {:>10.1f}".format
print(line("one by one", alone_passes, 0, alone_wait))
print(line("static", static_passes, static_wasted, static_wait))
print(line("continuous", continuous_passes, continuous_wasted, continuous_wait))
print(f"static / continuous: {passes_ratio:.2f}; if all want as much: {even_ratio:.2f}")
print(f"answers that differ from those written alone: {answers_changed}")
