# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Train and infer in one sitting
#
# Build a model, then use it, and watch what differs. It runs on a
# laptop, and needs `pip install torch matplotlib`. The model
# is in `tiny_gpt.py` and the cases are in `casebook.py`; keep both beside
# this notebook.

# %% [markdown]
# ## The cases
#
# Watson reports clues, Holmes deduces a trade and a city. Some pairs
# of clues are held out: the model never sees them while it trains.

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from casebook import HELD_OUT, IGNORE, SOLVED, detokenize, encode, tokenize
from engine import KVCache
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

solved, held_out = encode(SOLVED, device), encode(HELD_OUT, device)
print(SOLVED[0].question + SOLVED[0].answer)
print(f"{len(SOLVED)} solved cases, {len(HELD_OUT)} held out")

# %% [markdown]
# ## Before training
#
# The weights are random. The model gives every next character about the
# same probability, so it has nothing to say.

# %%
model = GPT(Config()).to(device)
question = HELD_OUT[0].question


@torch.inference_mode()
def answer(question):
    """Return the answer and the probability of each of its characters."""
    cache = KVCache(model.config, 1, like=model.embedding.weight)
    step = torch.tensor([tokenize("\n" + question)], device=device)
    text, probabilities = "", []
    while len(text) < 40 and not text.endswith("\n"):
        scores = model(step, cache)[0, -1].softmax(-1)
        step = scores.argmax().view(1, 1)
        text += detokenize(step[0].tolist())
        probabilities.append(scores.max().item())
    return text, probabilities


@torch.inference_mode()
def accuracy():
    """Return the share of held-out cases answered without a mistake."""
    parts = held_out.inputs.split(32)
    guesses = torch.cat([model(inputs).argmax(-1) for inputs in parts])
    right = (guesses == held_out.targets) | ~held_out.is_answer
    return right.all(dim=1).float().mean().item()


accuracy_before = accuracy()
print(f"weights: {sum(w.numel() for w in model.parameters())}")
print(f"held-out cases right: {accuracy_before:.3f}")

# %% [markdown]
# ## Training
#
# Forward, backward, update, again and again. Only `optimizer.step()`
# changes the weights.

# %%
steps, batch_size, warmup_steps = 320, 16, 20
matrices, embedding = model.blocks.parameters(), model.embedding.parameters()
common = {"lr": 0.02, "weight_decay": 0.0}
optimizers = [
    torch.optim.Muon(matrices, **common),
    torch.optim.AdamW(embedding, betas=(0.9, 0.95), **common),
]


def factor(step):
    """Rise for a few steps, then fall to zero."""
    return min(1, (step + 1) / warmup_steps) * (1 - step / steps)


schedules = [torch.optim.lr_scheduler.LambdaLR(o, factor) for o in optimizers]
losses = []
for step in range(1, steps + 1):
    rows = torch.randint(len(SOLVED), (batch_size,))
    logits = model(solved.inputs[rows])
    loss = F.cross_entropy(
        logits.flatten(0, 1),
        solved.targets[rows].flatten(),
        ignore_index=IGNORE,
    )
    loss.backward()
    for optimizer, schedule in zip(optimizers, schedules):
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    losses.append(loss.item())
    if step == 100:
        halfway = answer(question)  # for later

accuracy_after = accuracy()
print(f"held-out cases right: {accuracy_after:.3f}")

# %% [markdown]
# The cases are drawn in another order than in `train.py`, so the result
# differs a little from the one there.

# %%
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(losses)
axes.set(yscale="log", xlabel="training step", ylabel="loss (nats a character)")
plt.show()

# %% [markdown]
# ## Inference
#
# The same model, forward only. Each character is a guess with a
# probability, and the likeliest is written. Half-trained, the model was
# unsure where it had to know something. Now it is sure all along.

# %%
weights_before = [weight.clone() for weight in model.parameters()]
trained = answer(question)
print(question + trained[0])

# %%
figure, rows = plt.subplots(2, figsize=(7, 4), layout="constrained")
stages = [("half-trained", halfway), ("trained", trained)]
for axes, (title, (text, probabilities)) in zip(rows, stages):
    axes.bar(range(len(text)), probabilities)
    axes.set_xticks(range(len(text)), [repr(c)[1:-1] for c in text])
    axes.set(ylim=(0, 1), ylabel="probability", title=title)
plt.show()

# %% [markdown]
# ## What changed
#
# Training moved the weights. Answering did not.

# %%
pairs = zip(weights_before, model.parameters())
weights_changed = sum((old != new).sum().item() for old, new in pairs)
print(f"weights changed by answering: {weights_changed}")
