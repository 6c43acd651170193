"""The time of both jobs on the same cases: training on them, and answering them."""

import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_model

from casebook import NEWLINE, SOLVED, encode, tokenize
from engine import generate
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

model = GPT(Config()).to(device)
load_model(model, "casebook.safetensors")  # train.py writes this file
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

# One batch: cases whose questions have the same length, because a batch is a rectangle.
length = len(SOLVED[0].question)
batch = [case for case in SOLVED if len(case.question) == length][:64]
inputs, targets, _ = encode(batch, device)
prompts = [tokenize("\n" + case.question) for case in batch]
prompts = torch.tensor(prompts, device=device)
longest_answer = max(len(case.answer) for case in batch)
cases = len(batch)


def training_step():
    """Learn from the batch: forward, backward, update."""
    loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()


@torch.inference_mode()
def forward_pass():
    """Score the same tokens and learn nothing."""
    model(inputs)


def answer():
    """Read each question and write its answer, token by token."""
    generate(model, prompts, longest_answer, stop_token=NEWLINE)


def time_in_turns(*jobs, repeats=12):
    """Return the times of each job, in seconds.

    The jobs take turns, so that a slow moment of the machine falls on all of them.
    """
    times = [[] for _ in jobs]
    for _ in range(repeats):
        for job, seen in zip(jobs, times):
            start = time.perf_counter()
            job()
            if device == "cuda":
                torch.cuda.synchronize()
            seen.append(time.perf_counter() - start)
    return times


times = time_in_turns(training_step, forward_pass, answer)
# The fastest of each: what is slower was disturbed by something else on the machine.
seconds = [min(seen) for seen in times]
step_seconds, forward_seconds, answer_seconds = seconds
step_over_forward = step_seconds / forward_seconds
answered_while_training_one = step_seconds / answer_seconds

step_ms, forward_ms, answer_ms = (1000 * each for each in seconds)
print(f"{cases} cases at once")
print(f"forward pass      {forward_ms:>7.1f} ms")
print(f"training step     {step_ms:>7.1f} ms = {step_over_forward:.1f} forward passes")
print(f"writing answers   {answer_ms:>7.1f} ms")
print(f"cases answered while training on one: {answered_while_training_one:.2f}")
