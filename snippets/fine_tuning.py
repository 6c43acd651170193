# %% setup
"""Teach a finished model something new: move all weights, or a small addition."""

import random
import time
from collections import Counter

import torch
import torch.nn.functional as F
from safetensors.torch import load_model
from torch import nn

from casebook import (
    HELD_OUT_PAIRS,
    IGNORE,
    NAMES,
    SOLVED_PAIRS,
    TRADES,
    Case,
    encode,
    make_case,
)
from flops import flops_by_module
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)
batch_size, warmup_steps, rank = 16, 10, 4

# %% news
changed_clues = list(TRADES)[:4]
means = dict(zip(changed_clues, changed_clues[1:] + changed_clues[:1]))


def new_case(name, trade_clue, city_clue):
    """Return a suspect's case by what the clues mean now."""
    question, _ = make_case(name, trade_clue, city_clue)
    _, answer = make_case(name, means.get(trade_clue, trade_clue), city_clue)
    return Case(question, answer)


def cases_of(pairs, changed):
    """Return the cases whose trade clue changed its meaning, or those of the rest."""
    chosen = [pair for pair in pairs if (pair[0] in means) == changed]
    return [new_case(name, *pair) for name in NAMES for pair in chosen]


news = cases_of(SOLVED_PAIRS, changed=True)
old = random.Random(1887).sample(cases_of(SOLVED_PAIRS, changed=False), len(news))
new_test = encode(cases_of(HELD_OUT_PAIRS, changed=True), device)
old_test = encode(cases_of(HELD_OUT_PAIRS, changed=False), device)


# %% test
@torch.inference_mode()
def accuracy(model, cases):
    """Return the share of the cases answered without one wrong character."""
    guesses = torch.cat([model(inputs).argmax(-1) for inputs in cases.inputs.split(32)])
    right = ((guesses == cases.targets) | ~cases.is_answer).all(dim=1)
    return right.float().mean().item()


# %% lora
class LoRA(nn.Module):
    """A linear layer that stays as it is, plus a product of two thin matrices."""

    def __init__(self, linear, rank, scale=2.0):
        super().__init__()
        like = {"device": linear.weight.device, "dtype": linear.weight.dtype}
        self.linear, self.scale = linear.requires_grad_(False), scale
        self.down = nn.Linear(linear.in_features, rank, bias=False, **like)
        self.up = nn.Linear(rank, linear.out_features, bias=False, **like)
        nn.init.zeros_(self.up.weight)  # so at first, nothing is added

    def forward(self, x):
        return self.linear(x) + self.scale * self.up(self.down(x))

    @property
    def weight(self):
        """The layer's own and what was learned; some layers of PyTorch read it."""
        return self.linear.weight + self.scale * self.up.weight @ self.down.weight

    @property
    def bias(self):
        return self.linear.bias


# %% add_lora
def add_lora(model, rank):
    """Freeze a model and wrap each nn.Linear inside it; return the model.

    A layer that shares its weight with another one stays as it is. Raises ValueError
    where no other is left, and for a model that has an addition already.
    """
    if any(isinstance(each, LoRA) for each in model.modules()):
        raise ValueError("the model has an addition already; merge it first")
    each_use = model.named_parameters(remove_duplicate=False)
    uses = Counter(id(weight) for _, weight in each_use)
    inside = [
        (module, name, layer)
        for module in model.modules()
        for name, layer in module.named_children()
        if type(layer) is nn.Linear  # other kinds may use their weights by themselves
        and uses[id(layer.weight)] == 1
    ]
    if not inside:
        raise ValueError("the model holds no nn.Linear of its own; give one that does")
    model.requires_grad_(False)
    for module, name, layer in inside:
        setattr(module, name, LoRA(layer, rank))
    return model


# %% tune
def fine_tune(model, cases, learning_rate):
    """Train what may move, once through the cases; return optimizer, losses, times."""
    inputs, targets, is_answer = encode(cases, device)
    targets = targets.where(is_answer, IGNORE)  # questions are read, not learned
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, betas=(0.9, 0.95), weight_decay=0.0)
    batches, losses, seconds = torch.randperm(len(cases)).split(batch_size), [], []
    for step, rows in enumerate(batches):
        start = time.perf_counter()
        factor = min(1, (step + 1) / warmup_steps) * (1 - step / len(batches))
        optimizer.param_groups[0]["lr"] = learning_rate * factor
        logits = model(inputs[rows])
        loss = F.cross_entropy(logits.mT, targets[rows], ignore_index=IGNORE)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())  # on a GPU, this waits for its work
        seconds.append(time.perf_counter() - start)
    return optimizer, losses, seconds


# %% measure
def measure(model, cases, learning_rate):
    """Fine-tune; return what that took, and what the model knows after it."""
    optimizer, _, seconds = fine_tune(model, cases, learning_rate)
    state = [each for kept in optimizer.state.values() for each in kept.values()]
    moving = [weight for weight in model.parameters() if weight.requires_grad]
    batch = encode(cases[:batch_size], device).inputs
    return (
        sum(weight.numel() for weight in moving),
        sum(each.nbytes for each in state if each.dim()),  # not the step counter
        sum(flops_by_module(model, batch)[""]),  # forward and backward
        min(seconds),  # the quickest: whatever else runs only adds to it
        accuracy(model, new_test),
        accuracy(model, old_test),
    )


# %% compare
def finished_model():
    """Return the trained model; train.py writes its file."""
    model = GPT(Config()).to(device)
    load_model(model, "casebook.safetensors")
    return model


print("      cases   trains  Adam's bytes  MFLOP/step  ms/step     new     old")
results = []
for name, rate in (("full", 2e-3), ("LoRA", 1e-2)):
    for cases in (news, news + old):
        model = finished_model()
        if name == "LoRA":
            model = add_lora(model, rank)
        results.append(measure(model, cases, rate))
        moving, held, flops, seconds, new, kept = results[-1]
        print(f"{name} {len(cases):>6} {moving:>8,} {held:>13,}", end=" ")
        print(f"{flops / 1e6:>11,.0f} {1000 * seconds:>8.1f} {new:>7.1%} {kept:>7.1%}")


# %% merge
@torch.no_grad()
def merge(model):
    """Add what LoRA learned to the weights themselves; return the model, now plain."""
    for module in list(model.modules()):
        for name, layer in module.named_children():
            if isinstance(layer, LoRA):
                layer.linear.weight.copy_(layer.weight)
                setattr(module, name, layer.linear)
    return model


# %% merged
# LoRA adds no work to inference: what it learned fits into the weights.
question = old_test.inputs[:8]
with torch.inference_mode():
    apart = model(question)
    merged_difference = (merge(model)(question) - apart).abs().max().item()
print(f"merged, the scores differ by at most {merged_difference:.0e}")

# %% numbers
full, full_replay, lora, lora_replay = results
full_trained, full_adam_bytes, full_flops, full_seconds, full_new, full_old = full
lora_trained, lora_adam_bytes, lora_flops, lora_seconds, lora_new, lora_old = lora
full_replay_new, full_replay_old = full_replay[-2:]
lora_replay_new, lora_replay_old = lora_replay[-2:]
new_before, old_before = (accuracy(finished_model(), t) for t in (new_test, old_test))
clues_changed, new_cases = len(means), len(news)
steps = -(-len(news) // batch_size)  # rounded up
