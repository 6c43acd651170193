"""Use the trained model: read a question, write an answer, change nothing."""

import hashlib
import time
from collections import defaultdict

import torch

from casebook import HELD_OUT, NEWLINE, detokenize, tokenize
from tiny_gpt import GPT, Config, KVCache, generate, load_weights, weight_bytes

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)

model = GPT(Config()).to(device)
load_weights(model, "casebook.safetensors")  # train.py writes this file


def fingerprint():
    """Return a hash of every weight: it differs if a single bit does."""
    return hashlib.sha256(b"".join(weight_bytes(model).values())).hexdigest()


fingerprint_before = fingerprint()
weights_before = [weight.detach().clone() for weight in model.parameters()]

case = HELD_OUT[0]
prompt = torch.tensor([tokenize("\n" + case.question)], device=device)


@torch.inference_mode()  # no gradients, and nothing kept for them
def answer():
    """Return the answer's tokens, the probability of each, and the seconds spent reading and writing."""
    cache = KVCache(model.config, batch=1, like=model.embedding.weight)
    written, probabilities = [], []
    start = time.perf_counter()
    logits = model(prompt, cache)[0, -1]  # prefill: the whole question in one pass
    token = logits.argmax().item()
    read = time.perf_counter()
    while True:
        written.append(token)
        probabilities.append(logits.softmax(-1)[token].item())
        if token == NEWLINE:
            return written, probabilities, read - start, time.perf_counter() - read
        logits = model(torch.tensor([[token]], device=device), cache)[0, -1]  # decode: one token a pass
        token = logits.argmax().item()


runs = [answer() for _ in range(20)]
written, probabilities, _, _ = runs[0]
prefill_seconds = min(run[2] for run in runs)
decode_seconds = min(run[3] for run in runs)
answer_text = detokenize(written).strip()
prompt_tokens, answer_tokens = prompt.shape[1], len(written)
case_tokens = prompt_tokens + answer_tokens - 1  # the last token is written, never read back
write_over_read = (decode_seconds / (answer_tokens - 1)) / (prefill_seconds / prompt_tokens)
least_sure = min(probabilities)

print(case.question + answer_text)
print(f"\nread {prompt_tokens} tokens in {prefill_seconds * 1e3:.1f} ms, in one pass")
print(f"wrote {answer_tokens} tokens in {decode_seconds * 1e3:.1f} ms, one a pass")
print(f"so writing a token took {write_over_read:.0f} times as long as reading one")
print(f"least sure of {detokenize([written[probabilities.index(least_sure)]])!r}: {least_sure:.1%}")

# Now every held-out case, many at once. A batch must be a rectangle, so cases of one length go together.
batches = defaultdict(list)
for held_out in HELD_OUT:
    batches[len(held_out.question)].append(held_out)
right = 0
start = time.perf_counter()
for cases in batches.values():
    prompts = torch.tensor([tokenize("\n" + each.question) for each in cases], device=device)
    answers = generate(model, prompts, new_tokens=40, stop_token=NEWLINE)[:, prompts.shape[1] :].tolist()
    right += sum(detokenize(tokens).startswith(each.answer) for tokens, each in zip(answers, cases))
cases_answered, seconds = len(HELD_OUT), time.perf_counter() - start
accuracy = right / cases_answered
weights_changed = sum((a != b).sum().item() for a, b in zip(weights_before, model.parameters()))

print(f"\n{cases_answered} held-out cases answered in {seconds:.1f} s, {accuracy:.1%} right")
print(f"weights before {fingerprint_before[:16]}")
print(f"weights after  {fingerprint()[:16]}: {weights_changed} changed")
