# %% prepare
"""Train a small GPT on solved cases, then test it on cases that it has never seen."""

import time

import torch
import torch.nn.functional as F
from safetensors.torch import save_model

from casebook import (
    HELD_OUT,
    IGNORE,
    NEWLINE,
    SOLVED,
    detokenize,
    encode,
    loss_floor,
    tokenize,
)
from engine import generate
from tiny_gpt import GPT, Config

steps, batch_size, warmup_steps, log_every = 320, 16, 20, 10
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)  # a model this small gains little from more
torch.manual_seed(1887)

solved, held_out = encode(SOLVED, device), encode(HELD_OUT, device)
model = GPT(Config()).to(device)
weights_before = [weight.detach().clone() for weight in model.parameters()]


# %% loss
def loss_on(model, inputs, targets):
    """Return the mean loss in nats a character: the surprise at each next one."""
    logits = model(inputs)  # (batch, length, vocabulary)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE)


# %% train_step
def train_step(model, optimizers, inputs, targets):
    """Move each weight a little, against its gradient; return the loss before that."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss = loss_on(model, inputs, targets)  # forward: guess each next character
    loss.backward()  # backward: which way should each weight move?
    for optimizer in optimizers:
        optimizer.step()  # update: move the weights
    return loss.item()


# %% test
@torch.inference_mode()
def mean_loss(cases):
    """Return the loss over all of the cases, a few at a time."""
    parts = list(zip(cases.inputs.split(32), cases.targets.split(32)))
    sizes = [(targets != IGNORE).sum().item() for _, targets in parts]
    losses = [loss_on(model, *part).item() for part in parts]
    return sum(loss * size for loss, size in zip(losses, sizes)) / sum(sizes)


@torch.inference_mode()
def accuracy(cases):
    """Return the share of the cases answered without one wrong character."""
    guesses = torch.cat([model(inputs).argmax(-1) for inputs in cases.inputs.split(32)])
    right = ((guesses == cases.targets) | ~cases.is_answer).all(dim=1)
    return right.float().mean().item()


def answer(question):
    """Return what the model writes after a question."""
    prompt = torch.tensor([tokenize("\n" + question)], device=device)
    tokens = generate(model, prompt, new_tokens=30, stop_token=NEWLINE)[0]
    return detokenize(tokens[prompt.shape[1] :].tolist()).strip()


question, sampled_at = HELD_OUT[0].question, (30, 60, 100, steps)
loss_before, accuracy_before = mean_loss(solved), accuracy(held_out)
samples = [answer(question)]
print(question.strip())
print(f"untrained: loss {loss_before:.3f}, writes {samples[-1]!r}")

# %% optimizers
# Muon for the matrices inside the blocks, Adam for the embedding.
matrices, embedding = model.blocks.parameters(), model.embedding.parameters()
optimizers = [
    torch.optim.Muon(matrices, lr=0.02, weight_decay=0.0),
    torch.optim.AdamW(embedding, lr=0.02, betas=(0.9, 0.95), weight_decay=0.0),
]


def learning_rate_factor(step):
    """Rise for a few steps, then fall to zero."""
    return min(1, (step + 1) / warmup_steps) * (1 - step / steps)


schedules = [
    torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate_factor)
    for optimizer in optimizers
]
epochs = -(-steps * batch_size // len(SOLVED))  # rounded up
order = torch.cat([torch.randperm(len(SOLVED)) for _ in range(epochs)]).to(device)

# %% loop
start, tokens, losses, recent = time.perf_counter(), 0, [], []
for step in range(1, steps + 1):
    rows = order[(step - 1) * batch_size : step * batch_size]
    targets = solved.targets[rows]
    length = (targets != IGNORE).sum(dim=1).max()  # no need to pad beyond the longest
    inputs, targets = solved.inputs[rows, :length], targets[:, :length]
    recent.append(train_step(model, optimizers, inputs, targets))
    for schedule in schedules:
        schedule.step()
    tokens += (targets != IGNORE).sum().item()
    if step % log_every == 0:
        losses.append(sum(recent) / log_every)
        recent.clear()
    if step in sampled_at:
        samples.append(answer(question))
        print(f"step {step:>4}: loss {losses[-1]:.3f}, writes {samples[-1]!r}")
seconds = time.perf_counter() - start

# %% numbers
loss_after, accuracy_after = mean_loss(solved), accuracy(held_out)
parameters = sum(weight.numel() for weight in model.parameters())
weight_bytes = sum(weight.nbytes for weight in model.parameters())
pairs = zip(weights_before, model.parameters())
weights_changed = sum((before != now).sum().item() for before, now in pairs)
solved_cases, held_out_cases = len(SOLVED), len(HELD_OUT)
half_trained, half_trained_step = samples[-2], sampled_at[-2]
floor = loss_floor(solved_cases)  # knows by heart which pairs of clues occur
rules_floor = loss_floor(solved_cases + held_out_cases)  # knows only what they mean
# The model itself: what torch.compile and DDP return has other names for its weights.
save_model(model, "casebook.safetensors")

print(f"\n{seconds:.1f} s on {device} for {tokens:,} characters")
print(f"weights changed: {weights_changed:,} of {parameters:,}")
print(f"loss on solved cases {loss_before:.3f} -> {loss_after:.4f} (floor {floor:.4f})")
print(f"held-out cases right {accuracy_before:.1%} -> {accuracy_after:.1%}")
