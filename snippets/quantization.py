# %% setup
"""Store the weights in fewer bits: what becomes of size, answers and speed."""

import copy
import time

import torch
import torch.nn.functional as F
import torchao
from safetensors.torch import load_model
from torchao.prototype.quantization.int4 import PrototypeInt4WeightOnlyConfig
from torchao.quantization import Int4WeightOnlyConfig, Int8WeightOnlyConfig, quantize_

from casebook import HELD_OUT, IGNORE, encode
from engine import KVCache
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

small = GPT(Config()).to(device).requires_grad_(False)
load_model(small, "casebook.safetensors")  # train.py writes this file
large_size = Config(hidden_size=1024, layers=6, heads=16)
large = GPT(large_size).to(device).requires_grad_(False)  # random, only to be timed
torchao_version = torchao.__version__
large_parameters = sum(weight.numel() for weight in large.parameters())
cases = encode(HELD_OUT, device)


# %% test
@torch.inference_mode()
def test(model):
    """Return the loss in nats a character, and the share of cases answered right."""
    logits = torch.cat([model(inputs) for inputs in cases.inputs.split(48)]).float()
    loss = F.cross_entropy(logits.mT, cases.targets, ignore_index=IGNORE)
    right = (logits.argmax(-1) == cases.targets) | ~cases.is_answer
    return loss.item(), right.all(dim=1).float().mean().item()


# %% round
# By hand first: with how few bits does it still answer?
group_size = 32  # weights that share a scale


def round_weights(weight, bits):
    """Return the weights, each moved to the nearest of 2**bits levels, and their bytes.

    A group's levels reach from its least weight to its greatest, evenly spaced. Rows
    are a multiple of a group.
    """
    groups = weight.reshape(-1, group_size)
    low, high = [x.half().float() for x in groups.aminmax(dim=1, keepdim=True)]
    step = ((high - low) / (2**bits - 1)).clamp_min(1e-12)  # all may be equal
    codes = ((groups - low) / step).round().clamp(0, 2**bits - 1)
    stored_bits = weight.numel() * bits + len(groups) * 2 * 16  # codes, low and high
    return (codes * step + low).view_as(weight), stored_bits // 8


# %% widths
widths = [8, 4, 3, 2]
rounded_bytes, rounded_accuracies = [], []
print("rounded by hand          bytes     loss  cases right")
for bits in widths:
    model, size = copy.deepcopy(small), 0
    for weight in model.parameters():
        weight.data, stored = round_weights(weight.data, bits)
        size += stored
    loss, accuracy = test(model)
    rounded_bytes.append(size)
    rounded_accuracies.append(accuracy)
    print(f"{bits} bits          {size:>14,} {loss:>8.4f} {accuracy:>12.1%}")


# %% bytes
# Then with torchao: real storage, and whatever kernels it has for this device.
def stored_bytes(tensor):
    """Return the bytes of a tensor; a quantized one is made of several, with scales."""
    if not hasattr(tensor, "__tensor_flatten__"):
        return tensor.nbytes
    names, _ = tensor.__tensor_flatten__()
    return sum(stored_bytes(getattr(tensor, name)) for name in names)


# %% stopwatch
@torch.inference_mode()
def time_in_turns(models, repeats):
    """Return the times in which each model writes a token, in seconds."""
    token = torch.zeros(1, 1, dtype=torch.long, device=device)
    times = [[] for _ in models]
    for _ in range(repeats):
        for i, model in enumerate(models):
            cache = KVCache(model.config, 1, like=model.embedding.weight)
            cache.length = 64  # as after a text of that length
            start = time.perf_counter()
            model(token, cache).argmax().item()  # the value waits for a GPU's work
            times[i].append(time.perf_counter() - start)
    return times


# %% compare
def compare(model, repeats):
    """Return four versions of a model, their bytes, their speeds, and all times."""
    models = [model] + [copy.deepcopy(model).bfloat16() for _ in range(3)]
    int4 = PrototypeInt4WeightOnlyConfig(group_size)  # packed for a CPU
    if device == "cuda":
        int4 = Int4WeightOnlyConfig(group_size, int4_packing_format="tile_packed_to_4d")
    quantize_(models[2], Int8WeightOnlyConfig())
    quantize_(models[3], int4)
    times = time_in_turns(models, repeats)
    speeds = [min(times[0]) / min(seen) for seen in times]  # against float32
    sizes = [sum(map(stored_bytes, model.parameters())) for model in models]
    return models, sizes, speeds, times


# %% numbers
models, sizes, speeds, times = compare(small, repeats=200)
tests = [test(model) for model in models]
_, large_sizes, large_speeds, large_times = compare(large, repeats=40)

names = ["float32", "bfloat16", "torchao int8", "torchao int4"]
print("\nthe small model          bytes     loss  cases right  speed")
for name, size, (loss, accuracy), speed in zip(names, sizes, tests, speeds):
    print(f"{name:<14} {size:>14,} {loss:>8.4f} {accuracy:>12.1%} {speed:>6.2f}")
print("\na large model            bytes                        speed")
for name, size, speed in zip(names, large_sizes, large_speeds):
    print(f"{name:<14} {size:>14,} {speed:>28.2f}")

_, _, int8_bytes, int4_bytes = sizes
(loss, accuracy), _, (_, int8_accuracy), (int4_loss, int4_accuracy) = tests
_, bfloat16_speed, int8_speed, int4_speed = speeds
few_bits, too_few_bits = widths[-2:]
few_bits_accuracy, too_few_bits_accuracy = rounded_accuracies[-2:]
large_bytes, _, large_int8_bytes, large_int4_bytes = large_sizes
_, large_bfloat16_speed, large_int8_speed, large_int4_speed = large_speeds
