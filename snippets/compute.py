# %% setup
"""Count the arithmetic of a model, module by module, forward and backward."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from casebook import SOLVED, encode
from engine import KVCache
from flops import flops_by_module
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

# The text that side_by_side.py times: cases whose questions have the same length.
length = len(SOLVED[0].question)
batch = [case for case in SOLVED if len(case.question) == length][:64]
inputs = encode(batch, device).inputs  # (cases, tokens of a case)
tokens, case_tokens = inputs.numel(), inputs.shape[1]

model = GPT(Config()).to(device)  # untrained: what the weights are makes no difference
config, parameters = model.config, sum(w.numel() for w in model.parameters())
# %% count
flops = flops_by_module(model, inputs)
forward_flops, backward_flops = flops[""]


# %% parts
def per_token(*names):
    """Return [forward, backward] FLOPs a token of the modules whose names end so."""
    found = [both for name, both in flops.items() if name.endswith(names)]
    return [sum(each) // tokens for each in zip(*found)]


whole = [count // tokens for count in flops[""]]
blocks = per_token(*(f"blocks.{layer}" for layer in range(config.layers)))
mlp = per_token("expand", "contract")
projections = per_token("query_key_value", "project")  # into attention, and out of it
# What no module inside accounts for: in a block its attention, in the model its output.
attention = [a - b - c for a, b, c in zip(blocks, mlp, projections)]
output = [a - b for a, b in zip(whole, blocks)]

# %% hand
# By hand. Each weight multiplies and adds once a token. Attention does so for each
# channel of each token in the case: once to score that token, once to read its value.
weight_flops = 2 * parameters
attention_flops = 2 * config.layers * config.hidden_size * 2 * case_tokens
by_hand = [weight_flops + attention_flops, 2 * (weight_flops + attention_flops)]
forward_per_token, training_per_token = whole[0], sum(whole)

# %% missed
# The same without MATH above: with the kernel that PyTorch picks.
with FlopCounterMode(display=False) as counter:
    model(inputs)
attention_by_default = counter.get_total_flops() // tokens - weight_flops

# Looking tokens up in the embedding table. The output layer multiplies by that table.
embedding_parameters = model.embedding.weight.numel()
lookup_flops, _ = flops_by_module(model.embedding, inputs)[""]

# %% writing
# Writing: all of a case but its last token is in the cache, and that one is fed.
with torch.no_grad():
    cache = KVCache(config, batch=1, like=model.embedding.weight)
    model(inputs[:1, :-1], cache)
    written = flops_by_module(model, inputs[:1, -1:], cache)[""]
written_flops, _ = written

# %% images
# Another model. Here each weight is used at many places of an image, and the first
# layer needs no gradient for its input: pixels do not learn.
layers = [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 30 * 30, 10)]
cnn, image = nn.Sequential(*layers).to(device), torch.randn(1, 3, 32, 32, device=device)
cnn_forward, cnn_backward = flops_by_module(cnn, image)[""]
first, last = 2 * (3 * 3 * 3 * 8) * (30 * 30), 2 * (8 * 30 * 30 * 10)
cnn_by_hand = [first + last, first + 2 * last]

# %% numbers
rows = {"MLP": mlp, "projections": projections, "output": output}
rows |= {"attention": attention, "all": whole, "by hand": by_hand, "writing": written}
rows |= {"CNN, an image": (cnn_forward, cnn_backward), "CNN by hand": cnn_by_hand}
print("FLOP for each token    forward      backward")
for name, (forward, backward) in rows.items():
    print(f"{name:<16} {forward:>13,} {backward:>13,}")
print(f"\nattention, if PyTorch picks the kernel: counted as {attention_by_default:,}")
print(f"looking up in a table of {embedding_parameters:,} weights: {lookup_flops}")
