# %% setup
"""Use the trained model: read a question, write an answer, change nothing."""

import time
from collections import defaultdict

import torch
from safetensors.torch import load_model

from casebook import HELD_OUT, NEWLINE, detokenize, tokenize
from engine import KVCache, decode, generate, prefill
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)

model = GPT(Config()).to(device)
load_model(model, "casebook.safetensors")  # train.py writes this file


# %% before
weights_before = [weight.detach().clone() for weight in model.parameters()]

question = HELD_OUT[0].question
prompt = torch.tensor([tokenize("\n" + question)], device=device)


# %% answer
@torch.inference_mode()  # no gradients, and nothing kept for them
def answer(model, prompt, stop_token, limit=40):
    """Return the likeliest tokens after a prompt, (1, T), and their probabilities."""
    cache = KVCache(model.config, batch=1, like=model.embedding.weight)
    written, probabilities = [], []
    scores = prefill(model, prompt, cache)  # the whole question in one pass
    while len(written) < limit:
        probability, token = scores.softmax(-1).max(-1)
        written.append(token.item())
        probabilities.append(probability.item())
        if written[-1] == stop_token:
            break
        scores = decode(model, token[:, None], cache)  # one token a pass
    return written, probabilities


# %% numbers
def seconds_of(job):
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


@torch.inference_mode()
def read():
    cache = KVCache(model.config, batch=1, like=model.embedding.weight)
    return prefill(model, prompt, cache).argmax().item()


written, probabilities = answer(model, prompt, NEWLINE)
jobs = read, lambda: answer(model, prompt, NEWLINE)
times = [[seconds_of(job) for job in jobs] for _ in range(20)]  # in turns
prefill_seconds, answer_seconds = map(min, zip(*times))
decode_seconds = answer_seconds - prefill_seconds

answer_text = detokenize(written).strip()
prompt_tokens, answer_tokens = prompt.shape[1], len(written)
case_tokens = prompt_tokens + answer_tokens - 1  # the last is written, never read back
decode_pass_seconds = decode_seconds / (answer_tokens - 1)  # prefill gave the first
write_over_read = decode_pass_seconds / (prefill_seconds / prompt_tokens)
least_sure = min(probabilities)
least_sure_of = detokenize([written[probabilities.index(least_sure)]])

print(question + answer_text)
print(f"\nread {prompt_tokens} tokens in one pass of {prefill_seconds * 1e3:.2f} ms")
print(f"wrote {answer_tokens} tokens, {decode_pass_seconds * 1e3:.2f} ms a pass")
print(f"so writing a token took {write_over_read:.0f} times as long as reading one")
print(f"least sure of {least_sure_of!r}: {least_sure:.1%}")

# %% cases
# Now every held-out case, many at once. A batch is a rectangle, so cases whose
# questions have the same length go together.
batches = defaultdict(list)
for case in HELD_OUT:
    batches[len(case.question)].append(case)

right, start = 0, time.perf_counter()
for cases in batches.values():
    prompts = [tokenize("\n" + case.question) for case in cases]
    prompts = torch.tensor(prompts, device=device)
    rows = generate(model, prompts, new_tokens=40, stop_token=NEWLINE)
    for row, case in zip(rows[:, prompts.shape[1] :].tolist(), cases):
        right += detokenize(row).startswith(case.answer)
seconds, cases_answered = time.perf_counter() - start, len(HELD_OUT)
accuracy = right / cases_answered
# %% proof
pairs = zip(weights_before, model.parameters())
weights_changed = sum((before != now).sum().item() for before, now in pairs)

print(f"\n{cases_answered} held-out cases in {seconds:.1f} s, {accuracy:.1%} right")
print(f"weights changed: {weights_changed}")
