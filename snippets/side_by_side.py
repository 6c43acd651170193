"""The same model and the same cases in both jobs: training on them, answering them."""

import time

import torch
import torch.nn.functional as F

from casebook import NEWLINE, SOLVED, encode, tokenize
from tiny_gpt import GPT, Config, KVCache, generate, load_weights

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

model = GPT(Config()).to(device)
load_weights(model, "casebook.safetensors")  # train.py writes this file
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


def saved_bytes(model, job):
    """Return the bytes that autograd keeps for a backward pass while the job runs.

    The model's weights and buffers are not counted. Storage that several tensors share
    is counted once.
    """
    own = {t.untyped_storage().data_ptr() for t in model.parameters()}
    own |= {t.untyped_storage().data_ptr() for t in model.buffers()}
    kept = {}  # holds each storage until it is counted, so that no address comes twice

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        job()
    return sum(storage.nbytes() for storage in kept.values())


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


training_saved_bytes = saved_bytes(model, training_step)
inference_saved_bytes = saved_bytes(model, answer)

# Training also holds a gradient for each weight, and Adam's two running means of it.
weight_bytes = sum(weight.nbytes for weight in model.parameters())
states = [value for state in optimizer.state.values() for value in state.values()]
adam_bytes = sum(value.nbytes for value in states if value.dim() > 0)
training_state_bytes = weight_bytes + adam_bytes

# Inference holds the keys and values of what it has read, with room for a full context.
cache = KVCache(model.config, cases, like=model.embedding.weight)
cache_bytes = cache.keys.nbytes + cache.values.nbytes

times = time_in_turns(training_step, forward_pass, answer)
# The fastest of each: what is slower was disturbed by something else on the machine.
seconds = [min(seen) for seen in times]
step_seconds, forward_seconds, answer_seconds = seconds
step_over_forward = step_seconds / forward_seconds
answered_while_training_one = step_seconds / answer_seconds

step_ms, forward_ms, answer_ms = (1000 * each for each in seconds)
print(f"{cases} cases at once       training    inference")
print(f"weights            {weight_bytes:>10,} B {weight_bytes:>10,} B")
print(f"gradients and Adam {training_state_bytes:>10,} B {0:>10,} B")
print(
    f"kept for backward  {training_saved_bytes:>10,} B {inference_saved_bytes:>10,} B"
)
print(f"KV cache           {0:>10,} B {cache_bytes:>10,} B")
print(f"one pass           {step_ms:>9.1f} ms {forward_ms:>9.1f} ms")
print(f"writing answers    {answer_ms:>22.1f} ms")
print(f"\na training step takes {step_over_forward:.1f} times a forward pass")
print(f"cases answered while training on one: {answered_while_training_one:.2f}")
