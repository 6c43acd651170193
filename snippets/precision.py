"""Train in less memory: compute activations anew, or write numbers with fewer bits."""

import time
from functools import partial

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from casebook import IGNORE, SOLVED, encode
from tiny_gpt import GPT, Config, load_weights

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
deep = Config(hidden_size=128, layers=8, heads=2)  # many blocks, so much to keep
blocks, cases, train_steps = deep.layers, 8, 100
batch, solved = encode(SOLVED[:cases], device), encode(SOLVED, device)


def build(config, precision, recomputed=0):
    """Return a new model, always of the same weights; its first blocks recompute."""
    torch.manual_seed(1887)
    model = GPT(config).to(device)
    if precision == "bfloat16":
        model.bfloat16()
    for block in model.blocks[:recomputed]:
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)
    return model


def loss_on(model, precision, inputs=batch.inputs, targets=batch.targets):
    """Return the loss. "mixed": float32 weights, matrix products in bfloat16."""
    with torch.autocast(device, torch.bfloat16, enabled=precision == "mixed"):
        logits = model(inputs).float().flatten(0, 1)
    return F.cross_entropy(logits, targets.flatten(), ignore_index=IGNORE)


def kept_bytes(model, precision):
    """Return the bytes that autograd keeps for the backward pass, weights left out."""
    own = {t.untyped_storage().data_ptr() for t in model.parameters()}
    own |= {t.untyped_storage().data_ptr() for t in model.buffers()}
    kept = {}  # by address: what tensors share is counted once

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss_on(model, precision)
    return sum(storage.nbytes() for storage in kept.values())


def step_flops(model):
    """Return the operations of a step: by the math kernel, as others may count 0."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        loss_on(model, "float32").backward()
    return counter.get_total_flops()


def train(precision):
    """Train the small model for a while; return the mean loss of the last steps."""
    model, losses = build(Config(), precision), []
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for rows in torch.randperm(len(SOLVED)).to(device).split(cases)[:train_steps]:
        loss = loss_on(model, precision, solved.inputs[rows], solved.targets[rows])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return sum(losses[-10:]) / 10


def moved_share(precision):
    """Return the share of a trained model's weights that one small step changes."""
    model = build(Config(), "float32")
    load_weights(model, "casebook.safetensors")  # train.py writes this file
    weights = list(model.to(getattr(torch, precision)).parameters())
    before = [weight.detach().clone() for weight in weights]
    loss_on(model, precision).backward()
    torch.optim.AdamW(weights, lr=1e-4, weight_decay=0).step()
    moved = sum((old != new).sum().item() for old, new in zip(before, weights))
    return moved / sum(weight.numel() for weight in weights)


# From no block recomputed to all of them, in each precision.
counts = range(blocks + 1)
flops = [step_flops(build(deep, "float32", n)) for n in counts]
float32_kept, mixed_kept, bfloat16_kept = (
    [kept_bytes(build(deep, precision, n), precision) for n in counts]
    for precision in ("float32", "mixed", "bfloat16")
)
block_bytes = float32_kept[0] - float32_kept[1]  # what recomputing one block drops

settings = [
    ("float32", 0, float32_kept),
    ("float32", blocks, float32_kept),
    ("mixed", 0, mixed_kept),
    ("mixed", blocks, mixed_kept),
    ("bfloat16", 0, bfloat16_kept),
]
models = [build(deep, precision, n) for precision, n, _ in settings]
times = [[] for _ in settings]
for _ in range(5):
    for model, (precision, _, _), seen in zip(models, settings, times):
        model.zero_grad()  # the settings take turns: a slow moment falls on all
        start = time.perf_counter()
        loss_on(model, precision).backward()
        if device == "cuda":
            torch.cuda.synchronize()
        seen.append(time.perf_counter() - start)

print("blocks recomputed   weights  gradients     kept     FLOPs    time")
weights = [sum(p.nbytes for p in model.parameters()) for model in models]
gradients = [sum(p.grad.nbytes for p in model.parameters()) for model in models]
seconds = [min(seen) for seen in times]
for i, (precision, n, kept) in enumerate(settings):
    sizes = [f"{size / 1e6:7.1f} MB" for size in (weights[i], gradients[i], kept[n])]
    work = f"{flops[n] / 1e9:6.2f} G {seconds[i] * 1e3:5.0f} ms"
    print(f"{precision:<9}{n} of {blocks}", *sizes, work)
float32_bytes, recomputed_bytes = float32_kept[0], float32_kept[-1]
mixed_bytes, both_bytes, bfloat16_bytes = (
    mixed_kept[0],
    mixed_kept[-1],
    bfloat16_kept[0],
)
weight_bytes, mixed_weight_bytes, bfloat16_weight_bytes = weights[::2]
mixed_gradient_bytes, plain_flops, recomputed_flops = gradients[2], flops[0], flops[-1]
recomputed_time, mixed_time = seconds[1] / seconds[0], seconds[2] / seconds[0]

plain, recomputed = models[:2]
loss_changed = (loss_on(plain, "float32") - loss_on(recomputed, "float32")).item()
pairs = zip(plain.parameters(), recomputed.parameters())
gradients_changed = sum((a.grad != b.grad).sum().item() for a, b in pairs)
print(
    f"recomputing changes the loss by {loss_changed:g}, {gradients_changed} gradients"
)

float32_loss, mixed_loss, bfloat16_loss = map(train, ("float32", "mixed", "bfloat16"))
float32_moved, bfloat16_moved = map(moved_share, ("float32", "bfloat16"))
print(f"\nfloat32:  loss {float32_loss:.3f}, a small step moves {float32_moved:.0%}")
print(f"mixed:    loss {mixed_loss:.3f}")
print(f"bfloat16: loss {bfloat16_loss:.3f}, a small step moves {bfloat16_moved:.0%}")
