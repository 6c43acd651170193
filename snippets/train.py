"""Train a small GPT on solved cases, then ask it about cases that it has never seen."""

import time

import torch
import torch.nn.functional as F

from casebook import HELD_OUT, IGNORE, NEWLINE, SOLVED, detokenize, encode, loss_floor, tokenize
from tiny_gpt import GPT, Config, generate, save_weights

steps, batch_size, log_every = 300, 16, 10
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)  # a model this small gains nothing from a second core
torch.manual_seed(1887)

solved, held_out = encode(SOLVED, device), encode(HELD_OUT, device)
model = GPT(Config()).to(device)
weights_before = [weight.detach().clone() for weight in model.parameters()]


def loss_on(batch_inputs, batch_targets):
    """Return the mean loss in nats a character: how surprised the model is by each next character."""
    logits = model(batch_inputs)  # (batch, length, vocabulary)
    return F.cross_entropy(logits.flatten(0, 1), batch_targets.flatten(), ignore_index=IGNORE)


@torch.inference_mode()
def examine():
    """Return the loss on all solved cases, and the share of held-out cases answered without one wrong character."""
    parts = list(zip(solved.inputs.split(96), solved.targets.split(96)))
    characters = [(targets != IGNORE).sum().item() for _, targets in parts]
    loss = sum(loss_on(*part).item() * n for part, n in zip(parts, characters)) / sum(characters)
    guesses = torch.cat([model(inputs).argmax(-1) for inputs in held_out.inputs.split(96)])
    right = ((guesses == held_out.targets) | ~held_out.is_answer).all(dim=1)
    return loss, right.float().mean().item()


def answer(question):
    """Return what the model writes after a question."""
    prompt = torch.tensor([tokenize("\n" + question)], device=device)
    written = generate(model, prompt, new_tokens=30, stop_token=NEWLINE)[0, prompt.shape[1] :]
    return detokenize(written.tolist()).strip()


loss_before, accuracy_before = examine()
case = HELD_OUT[0]
print(case.question + "?\n")
print(f"untrained: loss {loss_before:.3f}, writes {answer(case.question)!r}")

# Muon moves the matrices inside the blocks, Adam the embedding. Both rates rise for 30 steps, then fall to zero.
optimizers = [
    torch.optim.Muon(model.blocks.parameters(), lr=0.03, weight_decay=0.0),
    torch.optim.AdamW(model.embedding.parameters(), lr=0.02, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
]
schedules = [
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 30) * (1 - step / steps))
    for optimizer in optimizers
]
epochs = -(-steps * batch_size // len(SOLVED))
order = torch.cat([torch.randperm(len(SOLVED)) for _ in range(epochs)]).to(device)

start, tokens, losses, recent = time.perf_counter(), 0, [], []
for step in range(1, steps + 1):
    rows = order[(step - 1) * batch_size : step * batch_size]
    inputs, targets = solved.inputs[rows], solved.targets[rows]
    loss = loss_on(inputs, targets)  # forward: guess every next character
    loss.backward()  # backward: which way should each weight move?
    for optimizer, schedule in zip(optimizers, schedules):
        optimizer.step()  # update: move the weights
        schedule.step()
        optimizer.zero_grad()
    tokens += (targets != IGNORE).sum().item()
    recent.append(loss.item())
    if step % log_every == 0:
        losses.append(sum(recent) / log_every)
        recent.clear()
    if step in (30, 60, 100, steps):
        print(f"step {step:>4}: loss {losses[-1]:.3f}, writes {answer(case.question)!r}")
seconds = time.perf_counter() - start

loss_after, accuracy_after = examine()
weights_changed = sum((a != b).sum().item() for a, b in zip(weights_before, model.parameters()))
parameters = sum(weight.numel() for weight in model.parameters())
weight_bytes = sum(weight.nbytes for weight in model.parameters())
solved_cases, held_out_cases, floor = len(SOLVED), len(HELD_OUT), loss_floor()
save_weights(model, "casebook.safetensors")

print(f"\n{seconds:.1f} s on {device}: {tokens:,} characters read, {weights_changed:,} of {parameters:,} weights changed")
print(f"loss on solved cases {loss_before:.3f} -> {loss_after:.4f} (no model can go below {floor:.4f})")
print(f"held-out cases right {accuracy_before:.1%} -> {accuracy_after:.1%}")
