# %% setup
"""Use the trained model: read a question, write an answer, change nothing."""

import hashlib
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
def fingerprint():
    """Return a hash of all that the model holds: it differs if a single bit does."""
    digest = hashlib.sha256()
    for tensor in model.state_dict().values():
        digest.update(bytes(tensor.cpu().flatten().view(torch.uint8).tolist()))
    return digest.hexdigest()[:16]


fingerprint_before = fingerprint()
weights_before = [weight.detach().clone() for weight in model.parameters()]

question = HELD_OUT[0].question
prompt = torch.tensor([tokenize("\n" + question)], device=device)


# %% answer
@torch.inference_mode()  # no gradients, and nothing kept for them
def answer():
    """Return tokens, their probabilities, and the seconds to read and to write."""
    cache = KVCache(model.config, batch=1, like=model.embedding.weight)
    written, scores = [], []
    start = time.perf_counter()
    logits = prefill(model, prompt, cache)[0]  # the whole question in one pass
    token = logits.argmax().item()
    read = time.perf_counter()
    while True:
        written.append(token)
        scores.append(logits)
        if token == NEWLINE:
            break
        step = torch.tensor([[token]], device=device)
        logits = decode(model, step, cache)[0]  # one token a pass
        token = logits.argmax().item()
    end = time.perf_counter()
    probabilities = torch.stack(scores).softmax(-1).amax(-1).tolist()
    return written, probabilities, read - start, end - read


# %% numbers
answers = [answer() for _ in range(20)]
written, probabilities, _, _ = answers[0]
prefill_times = [seconds for _, _, seconds, _ in answers]
decode_times = [seconds for _, _, _, seconds in answers]
prefill_seconds, decode_seconds = min(prefill_times), min(decode_times)

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
print(f"weights before {fingerprint_before}")
print(f"weights after  {fingerprint()}, {weights_changed} changed")
