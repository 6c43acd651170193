"""The same model and the same cases in both jobs: one training step, one forward pass, and answering."""

import time

import torch
import torch.nn.functional as F

from casebook import IGNORE, NEWLINE, SOLVED, encode, tokenize
from tiny_gpt import GPT, Config, generate, load_weights

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

model = GPT(Config()).to(device)
load_weights(model, "casebook.safetensors")  # train.py writes this file
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

# One batch: cases of one length, because a batch is a rectangle.
length = len(SOLVED[0].question)
batch = [case for case in SOLVED if len(case.question) == length][:64]
inputs, targets, _ = encode(batch, device)
prompts = torch.tensor([tokenize("\n" + case.question) for case in batch], device=device)
longest_answer = max(len(case.answer) for case in batch)
cases = len(batch)


def training_step():
    """Learn from the batch: forward, backward, update."""
    logits = model(inputs)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()


@torch.inference_mode()
def forward_pass():
    """Score the same tokens, learning nothing."""
    model(inputs)


def answer():
    """Read each question and write its answer, token by token."""
    generate(model, prompts, longest_answer, stop_token=NEWLINE)


def saved_bytes(run):
    """Return the bytes that autograd keeps for a backward pass while run() runs, shared storage counted once."""
    own = {tensor.untyped_storage().data_ptr() for tensor in [*model.parameters(), *model.buffers()]}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage  # held until counted, so that no address is used twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        run()
    return sum(storage.nbytes() for storage in kept.values())


def fastest_seconds(*jobs, repeats=12):
    """Return the fastest time of each job. They take turns, so a slow moment of the machine falls on all alike."""
    times = [[] for _ in jobs]
    for _ in range(repeats):
        for job, seen in zip(jobs, times):
            start = time.perf_counter()
            job()
            if device == "cuda":
                torch.cuda.synchronize()
            seen.append(time.perf_counter() - start)
    return [min(seen) for seen in times]


training_saved_bytes, inference_saved_bytes = saved_bytes(training_step), saved_bytes(answer)
weight_bytes = sum(weight.nbytes for weight in model.parameters())
adam_bytes = sum(t.nbytes for state in optimizer.state.values() for t in state.values() if t.dim() > 0)
training_state_bytes = weight_bytes + adam_bytes  # one gradient for each weight, and two running means

step_seconds, forward_seconds, answer_seconds = fastest_seconds(training_step, forward_pass, answer)
step_over_forward = step_seconds / forward_seconds
answered_while_training_one = step_seconds / answer_seconds

print(f"{cases} cases at once                    training      inference")
print(f"kept for a backward pass        {training_saved_bytes:>10,} B {inference_saved_bytes:>12,} B")
print(f"gradients and optimizer state   {training_state_bytes:>10,} B {0:>12,} B")
print(f"weights                         {weight_bytes:>10,} B {weight_bytes:>12,} B")
print(f"one pass over the batch         {step_seconds * 1e3:>9.1f} ms {forward_seconds * 1e3:>11.1f} ms")
print(f"answering the batch, by writing {answer_seconds * 1e3:>22.1f} ms")
print(f"\na training step takes {step_over_forward:.1f} times as long as a forward pass")
print(f"in the time of training on one case, {answered_while_training_one:.2f} cases are answered")
