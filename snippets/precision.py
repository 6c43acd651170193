# %% setup
"""Train in less memory: compute activations anew, or write numbers with fewer bits."""

from functools import partial
from timeit import timeit

import torch
import torch.nn.functional as F
from safetensors.torch import load_model
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.utils import parameters_to_vector
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from casebook import IGNORE, SOLVED, encode
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
deep = Config(hidden_size=128, layers=8, heads=2)  # many blocks, so much to keep
blocks, cases, train_steps = deep.layers, 8, 60
batch, solved = encode(SOLVED[:cases], device), encode(SOLVED, device)


# %% build
def build(config, precision, recomputed=0):
    """Return a new model, always of the same weights; its first blocks recompute."""
    torch.manual_seed(1887)
    model = GPT(config).to(device)
    if precision == "bfloat16":
        model.bfloat16()
    for block in model.blocks[:recomputed]:
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)
    return model


# %% loss
def loss_on(model, precision, inputs=batch.inputs, targets=batch.targets):
    """Return the loss. "mixed": float32 weights, matrix products in bfloat16."""
    with torch.autocast(device, torch.bfloat16, enabled=precision == "mixed"):
        logits = model(inputs).float().flatten(0, 1)
    return F.cross_entropy(logits, targets.flatten(), ignore_index=IGNORE)


# %% count
def kept_bytes(model, precision):
    """Return the bytes that autograd keeps for the backward pass, weights left out."""
    own = [*model.parameters(), *model.buffers()]
    own = {tensor.untyped_storage().data_ptr() for tensor in own}
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
    """Return a step's operations, by the math kernel, as others may count 0."""
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        loss_on(model, "float32").backward()
    return counter.get_total_flops()


# %% train
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


def moved_share(dtype):
    """Return the share of a trained model's weights that one small step changes."""
    model = build(Config(), "float32")
    load_model(model, "casebook.safetensors")  # train.py writes this file
    before = parameters_to_vector(model.to(dtype).parameters())
    loss_on(model, "as it is").backward()
    torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0).step()
    after = parameters_to_vector(model.parameters())
    return (before != after).float().mean().item()


# %% table
counts = range(0, blocks + 1, 2)  # from no block recomputed to all of them
flops = [step_flops(build(deep, "float32", n)) for n in counts]
float32_kept, mixed_kept, bfloat16_kept = (
    [kept_bytes(build(deep, precision, n), precision) for n in counts]
    for precision in ("float32", "mixed", "bfloat16")
)
print("recomputed   arithmetic   kept in float32    mixed   bfloat16")
for n, work, *kept in zip(counts, flops, float32_kept, mixed_kept, bfloat16_kept):
    sizes = "".join(f"{size / 1e6:8.1f} MB" for size in kept)
    print(f"{n} of {blocks} blocks {work / 1e9:5.2f} GFLOP   {sizes}")
float32_bytes, recomputed_bytes = float32_kept[0], float32_kept[-1]
mixed_bytes, both_bytes = mixed_kept[0], mixed_kept[-1]
bfloat16_bytes = bfloat16_kept[0]
block_bytes = (float32_bytes - recomputed_bytes) // blocks  # dropped by each
plain_flops, recomputed_flops = flops[0], flops[-1]

# %% compare
plain, recomputed = build(deep, "float32"), build(deep, "float32", blocks)
mixed, short = build(deep, "mixed"), build(deep, "bfloat16")
jobs = [(plain, "float32"), (recomputed, "float32"), (mixed, "mixed")]
steps = [lambda job=job: loss_on(*job).backward() for job in jobs]
times = [[timeit(step, number=1) for step in steps] for _ in range(4)]  # in turns
seconds = [min(seen) for seen in zip(*times)]
recomputed_time, mixed_time = seconds[1] / seconds[0], seconds[2] / seconds[0]
for model, precision in jobs:  # the timers have added up gradients
    model.zero_grad()
    loss_on(model, precision).backward()
weight_bytes = sum(weight.nbytes for weight in plain.parameters())
bfloat16_weight_bytes = sum(weight.nbytes for weight in short.parameters())
mixed_gradient_bytes = sum(weight.grad.nbytes for weight in mixed.parameters())
loss_changed = (loss_on(plain, "float32") - loss_on(recomputed, "float32")).item()
pairs = zip(plain.parameters(), recomputed.parameters())
gradients_changed = sum((a.grad != b.grad).sum().item() for a, b in pairs)
print(f"time against float32: recomputed {recomputed_time:.2f}, mixed {mixed_time:.2f}")
print(f"changed by recomputing: {loss_changed:g} loss, {gradients_changed} gradients")

# %% numbers
float32_loss, mixed_loss, bfloat16_loss = map(train, ("float32", "mixed", "bfloat16"))
float32_moved, bfloat16_moved = map(moved_share, (torch.float32, torch.bfloat16))
print(f"trained: loss {float32_loss:.3f}, {mixed_loss:.3f}, {bfloat16_loss:.3f}")
print(f"moved by a small step: {float32_moved:.0%}, in bfloat16 {bfloat16_moved:.0%}")
