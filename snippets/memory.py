# %% setup
"""Count to the byte what training must hold, and what inference must hold."""

import json
import tempfile
from functools import partial
from itertools import accumulate
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_model
from torch import nn

from casebook import NEWLINE, SOLVED, encode, tokenize
from engine import KVCache, generate
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)


# %% storages
def storages(tensors):
    """Return the memory behind the tensors; what several share is there once.

    A slice counts as the whole that it keeps in memory, a wrapper (quantized, sharded,
    nested) as what it wraps. A tensor whose memory cannot be seen, such as a sparse
    one, is a ValueError.
    """
    found = set()
    for tensor in tensors:
        if hasattr(
            tensor, "__tensor_flatten__"
        ):  # its own nbytes may be something else
            parts = [getattr(tensor, name) for name in tensor.__tensor_flatten__()[0]]
            found |= storages(filter(torch.is_tensor, parts))
            continue
        try:
            tensor.untyped_storage().data_ptr()  # fails where there is none
            if tensor.is_quantized:
                tensor.q_scale()  # fails if each channel has one, kept elsewhere
        except RuntimeError as error:
            kind = f"{type(tensor).__name__} ({tensor.layout})"
            raise ValueError(f"cannot see the memory behind a {kind}") from error
        found.add(tensor.untyped_storage())
    return found


def total(storages):
    """Return the bytes of the storages together."""
    return sum(storage.nbytes() for storage in storages)


# %% saved
def saved_bytes(model, job):
    """Return the bytes that autograd keeps for a backward pass while the job runs.

        saved_bytes(model, lambda: model(inputs).sum().backward())

    The job is one forward pass, or one step: several add up, and so does what a
    backward pass computes again for itself. A slice of a larger tensor counts as all of
    it: clone() the batch first. The model's own weights and buffers are not counted,
    nor what hooks inside the job put elsewhere (offloading), nor what a custom function
    keeps on its ctx. Works on the meta device, but there attention keeps all its scores
    and an LSTM less than it does elsewhere. Tensors without visible memory (sparse
    ones) and weights that have no shape yet (lazy modules) are a ValueError.
    """
    own = storages([*model.parameters(), *model.buffers()])
    kept = set()

    def keep(tensor):
        kept.update(storages([tensor]))
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        job()
    return total(kept - own)


# %% anatomy
def memory_anatomy(model, *optimizers):
    """Return the bytes that model and optimizers hold now, by part, on all devices.

    What parts share counts in the first of them. The count of steps is left out, and so
    are tensors that are neither parameters nor buffers, nor in an optimizer's state. A
    ValueError: weights of an optimizer that are not the model's, weights that have no
    shape yet (lazy modules), and what has no visible memory (sparse tensors, packed
    weights, objects of its own in an optimizer's state).
    """
    weights = list(model.parameters())
    groups = [group for each in optimizers for group in each.param_groups]
    if not {weight for group in groups for weight in group["params"]} <= set(weights):
        raise ValueError("an optimizer has weights that the model does not have")
    attributes = [each for module in model.modules() for each in vars(module).values()]
    if any(type(each) is torch.ScriptObject for each in attributes):
        raise ValueError("the model packs weights, and their memory cannot be seen")
    parts = {
        "weights": weights,
        "buffers": model.buffers(),
        "gradients": tensors_in([weight.grad for weight in weights]),
        "optimizer": tensors_in([each.state for each in optimizers]),
    }
    anatomy, seen = {}, set()
    for part, tensors in parts.items():
        found = storages(tensors)
        anatomy[part] = total(found - seen)
        seen |= found
    return anatomy


def tensors_in(state):
    """Yield the tensors in dictionaries and lists, at any depth, but no "step"."""
    if torch.is_tensor(state):
        yield state
    elif isinstance(state, dict):
        for name, part in state.items():
            count = name == "step" and (not torch.is_tensor(part) or part.numel() == 1)
            if not count:
                yield from tensors_in(part)
    elif isinstance(state, (list, tuple, set)):
        for part in state:
            yield from tensors_in(part)
    elif not isinstance(state, (int, float, str, type(None))):
        raise ValueError(f"cannot see what a {type(state).__name__} holds in memory")


# %% peak
def peak_bytes(job):
    """Return the most bytes that the job holds at once, beyond what it finds."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        job()
        return torch.cuda.max_memory_allocated() - before
    with torch.profiler.profile(profile_memory=True) as profile:
        job()
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder, "trace.json")
        profile.export_chrome_trace(str(trace))
        events = json.loads(trace.read_text())["traceEvents"]
    events = [event for event in events if event["name"] == "[memory]"]
    events.sort(key=lambda event: event["ts"])
    return max(accumulate(event["args"]["Bytes"] for event in events))


# %% prepare
model = GPT(Config()).to(device)
load_model(model, "casebook.safetensors")  # train.py writes this file
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

# One batch: cases whose questions have the same length, because a batch is a rectangle.
length = len(SOLVED[0].question)
batch = [case for case in SOLVED if len(case.question) == length][:64]
inputs, targets, _ = encode(batch, device)
prompts = [tokenize("\n" + case.question) for case in batch]
prompts = torch.tensor(prompts, device=device)
cases = len(batch)


# %% jobs
def learn(count):
    """Learn from the first cases of the batch: forward, backward, update."""
    # clone(), because a slice would keep the whole batch in memory
    some, wanted = inputs[:count].clone(), targets[:count].clone()
    optimizer.zero_grad()
    F.cross_entropy(model(some).flatten(0, 1), wanted.flatten()).backward()
    optimizer.step()


def answer():
    """Read each question and write its answer; generate() is in inference_mode."""
    generate(model, prompts, new_tokens=30, stop_token=NEWLINE)


# %% batches
# What grows with the batch: activations in training, the KV cache in inference.
batch_sizes = [1, 2, 4, 8, cases]
saved_by_batch = [saved_bytes(model, partial(learn, count)) for count in batch_sizes]
# generate() makes a cache with room for a full context for each case.
caches = [KVCache(model.config, count, model.embedding.weight) for count in batch_sizes]
cache_by_batch = [cache.keys.nbytes + cache.values.nbytes for cache in caches]
print("cases  kept for backward    KV cache")
for count, saved, cache in zip(batch_sizes, saved_by_batch, cache_by_batch):
    print(f"{count:>5} {saved:>16,} B {cache:>9,} B")

training_saved_bytes, cache_bytes = saved_by_batch[-1], cache_by_batch[-1]
saved_per_case = (training_saved_bytes - saved_by_batch[0]) / (cases - 1)
cache_per_case = cache_bytes / cases
inference_saved_bytes = saved_bytes(model, answer)
# eval() changes what dropout does. It does not stop autograd.
eval_saved_bytes = saved_bytes(model.eval(), lambda: model(inputs))
print(f"{inference_saved_bytes:>22,} B in inference, for {cases} cases")
print(f"{eval_saved_bytes:>22,} B in eval(), for {cases} cases")

# %% numbers
# What does not grow: the weights, and what training holds beside each of them.
anatomy = memory_anatomy(model, optimizer)
weight_bytes, gradient_bytes = anatomy["weights"], anatomy["gradients"]
adam_bytes = anatomy["optimizer"]
state_bytes = weight_bytes + gradient_bytes + adam_bytes
training_bytes = state_bytes + training_saved_bytes
inference_bytes = weight_bytes + cache_bytes
# At its peak, a job also holds what it needs for a moment.
optimizer.zero_grad()  # the job makes its own gradients
training_peak_bytes = weight_bytes + adam_bytes + peak_bytes(partial(learn, cases))
inference_peak_bytes = weight_bytes + peak_bytes(answer)
overtakes_at = 1
while saved_bytes(model, partial(learn, overtakes_at)) <= state_bytes:
    overtakes_at += 1
print("\nthe GPT with Adam, at any batch", *anatomy.items(), sep="\n")
print(f"activations are more than all the rest from {overtakes_at} cases on")
print(f"{cases} cases: training {training_bytes:,} B, inference {inference_bytes:,} B")
print(f"at the peak: {training_peak_bytes:,} B and {inference_peak_bytes:,} B")

# %% another
# The same functions on a model of another kind, with another optimizer.
layers = [nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten()]
cnn = nn.Sequential(*layers, nn.Linear(16 * 30 * 30, 10)).to(device)
sgd = torch.optim.SGD(cnn.parameters(), lr=0.01, momentum=0.9)
images = torch.randn(8, 3, 32, 32, device=device)
cnn_saved_bytes = saved_bytes(cnn, lambda: cnn(images).square().mean().backward())
sgd.step()
anatomy = memory_anatomy(cnn, sgd)
print("\na small CNN with SGD", *anatomy.items(), sep="\n")
print(f"kept for backward: {cnn_saved_bytes:,} B")
