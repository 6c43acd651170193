"""Count the arithmetic of a model, module by module, forward and backward."""

import re
from functools import partial
from math import prod

import torch
from torch import nn
from torch.backends import cudnn, mha, mkldnn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

from casebook import SOLVED, encode
from engine import KVCache
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)
torch.manual_seed(1887)

# What PyTorch calls its operations that multiply matrices, or do something of the kind.
PRODUCTS = (
    "(mm|mv|linear|addr)(_|$)|matmul|dot|conv(?!ert)|attention|transformer"
    "|rnn(?!_flatten)|lstm(_mps|$)|[cp]dist|euclidean|affine_grid|_fft_.2|solve"
    "|linalg_(?!check|cross|vector_norm)|cholesky|geqrf|ormqr"
)
LIBRARIES = ("aten", "prim", "prims", "profiler", "c10d", "_c10d_functional")


def more_formulas():
    """Return {operation: FLOP from its arguments' shapes} that PyTorch lacks."""

    def vector(matrix, vector, **_):
        return 2 * prod(matrix)

    def outer(a, b, **_):
        # A column times a row is a product. What else is multiplied is elementwise.
        row = isinstance(b, torch.Size) and len(b) == 1
        return 2 * a[0] * b[0] if row and a[1:] == (1,) else 0

    def trilinear(a, b, c, expand_a, expand_b, expand_c, summed, *_, **__):
        # a times b, then that times c. An expanded dimension is not in the shape.
        shapes = [iter(a), iter(b), iter(c)]
        sizes = []
        for d in range(len(a) + len(expand_a)):
            lacks = [d in each for each in (expand_a, expand_b, expand_c)]
            sizes.append([1 if no else next(n) for no, n in zip(lacks, shapes)])
        first = [max(m, n) for m, n, _ in sizes]
        left = [1 if d in summed and d in expand_c else n for d, n in enumerate(first)]
        return 2 * prod(first) + 2 * prod(max(n, k) for n, (*_, k) in zip(left, sizes))

    def convolution_backward(gradient, image, weight, *options, **_):
        # PyTorch's own formula ignores groups.
        transposed, wanted = options[4], options[7][:2]
        return sum(wanted) * conv_flop_count(image, weight, gradient, transposed)

    aten = torch.ops.aten
    return {
        aten.mv: vector,
        aten.addmv: lambda _, matrix, v, **__: vector(matrix, v),
        aten.dot: vector,
        aten.vdot: vector,
        aten.addbmm: lambda _, a, b, **__: 2 * prod(a) * b[-1],
        aten.mul: outer,
        aten._trilinear: trilinear,
        aten.convolution_backward: convolution_backward,
    }


class Refuse(TorchDispatchMode):
    """Raise a ValueError at a product that no formula counts, or counts wrongly."""

    def __init__(self, formulas):
        super().__init__()
        self.formulas = formulas

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        name = operation._overloadpacket
        product = re.search(PRODUCTS, name.__name__)
        unknown = product or operation.namespace not in LIBRARIES
        if unknown and name not in self.formulas:
            raise ValueError(
                f"{name} has no formula: write it as matrix products, or pass "
                f"formulas={{torch.ops.{name}: f}}; f(*shapes, **rest) returns its FLOP"
            )
        tensors = filter(torch.is_tensor, args)
        if product and any(each.layout != torch.strided for each in tensors):
            raise ValueError(f"{name} has no formula for sparse tensors")
        return operation(*args, **(kwargs or {}))


class Modules:
    """Tell which modules an operation belongs to, on the way forward and back.

    Each step back has the number of the step forward that it undoes, and a module has
    the numbers given out while it ran.
    """

    def __init__(self, model):
        self.named, self.running, self.ran = dict(model.named_modules()), [], []

    def __enter__(self):
        self.hooks = []
        for name, module in self.named.items():
            enter, leave = partial(self.enter, name), self.leave
            self.hooks.append(module.register_forward_pre_hook(enter))
            self.hooks.append(module.register_forward_hook(leave, always_call=True))

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()

    def enter(self, name, *_):
        self.running.append((name, torch._C._autograd._get_sequence_nr()))

    def leave(self, *_):
        end = torch._C._autograd._get_sequence_nr()
        self.ran.append((*self.running.pop(), end))

    @property
    def parents(self):
        """The names of the modules that are at work now."""
        names = {name for name, _ in self.running}
        step = torch._C._current_autograd_node()
        if step is not None:
            number = step._sequence_nr()
            back = {name for name, start, end in self.ran if start <= number < end}
            # A checkpointed module that runs again is not inside the one it runs for.
            inner = f"{self.running[0][0]}." if names else ""
            names |= {
                name for name in back if not names or inner.startswith(f"{name}.")
            }
        return names - {""} | {"Global"}


def flops_by_module(model, *inputs, loss=torch.sum, formulas=None):
    """Return {name: (forward, backward)} in FLOP; a module includes what is inside it.

    The name "" is the whole: model and loss, which turns its output into one number.
    Backward leads to the weights, not to the inputs. Under torch.no_grad() only the
    forward pass runs. The weights' .grad are left alone.

    Matrix products and convolutions count, attention in full, masked or not. What is
    elementwise, looks up, sums or normalizes counts as 0. A product without a formula
    (an FFT, a solver, a custom kernel) is a ValueError that names it, unless formulas
    has it, as FlopCounterMode's custom_mapping does. So are nested or sparse tensors,
    and an output that loss cannot read. What runs outside of PyTorch's operations is
    not seen.
    """

    def so_far():
        named = counter.get_flop_counts().items()
        counts = {name: sum(by_kind.values()) for name, by_kind in named}
        return counts | {"": counts.pop("Global", 0)}

    if any(getattr(each, "is_nested", False) for each in inputs):
        raise ValueError("there are no formulas for nested tensors")
    # Attention and recurrent layers may be one kernel without a formula. Take it apart.
    fused = mha.get_fastpath_enabled(), cudnn.enabled, mkldnn.enabled
    mha.set_fastpath_enabled(False)
    cudnn.enabled = mkldnn.enabled = False
    counter = FlopCounterMode(
        display=False, custom_mapping=more_formulas() | (formulas or {})
    )
    counter.mod_tracker = Modules(model)  # PyTorch's own errs on the way back
    try:
        with (
            sdpa_kernel(SDPBackend.MATH),
            Refuse(counter.flop_registry),
            counter,
        ):
            output = model(*inputs)
            if loss is torch.sum and not torch.is_tensor(output):
                kind = type(output).__name__
                raise ValueError(
                    f"the model returns a {kind}: pass a loss that reads it"
                )
            result = loss(output)
            forward = so_far()
            weights = [weight for weight in model.parameters() if weight.requires_grad]
            if weights and result.requires_grad:
                torch.autograd.grad(result, weights, allow_unused=True)
            total = so_far()
    finally:
        fast_path, cudnn.enabled, mkldnn.enabled = fused
        mha.set_fastpath_enabled(fast_path)
    before = {name: forward.get(name, 0) for name in total}
    return {name: (before[name], n - before[name]) for name, n in total.items()}


# The text that side_by_side.py times: cases whose questions have the same length.
length = len(SOLVED[0].question)
batch = [case for case in SOLVED if len(case.question) == length][:64]
inputs = encode(batch, device).inputs  # (cases, tokens of a case)
tokens, case_tokens = inputs.numel(), inputs.shape[1]

model = GPT(Config()).to(device)  # untrained: what the weights are makes no difference
config, parameters = model.config, sum(w.numel() for w in model.parameters())
flops = flops_by_module(model, inputs)
forward_flops, backward_flops = flops[""]


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

# By hand. Each weight multiplies and adds once a token. Attention does so for each
# channel of each token in the case: once to score that token, once to read its value.
weight_flops = 2 * parameters
attention_flops = 2 * config.layers * config.hidden_size * 2 * case_tokens
by_hand = [weight_flops + attention_flops, 2 * (weight_flops + attention_flops)]
forward_per_token, training_per_token = whole[0], sum(whole)

# The same without MATH above: with the kernel that PyTorch picks.
with FlopCounterMode(display=False) as counter:
    model(inputs)
attention_by_default = counter.get_total_flops() // tokens - weight_flops

# Looking tokens up in the embedding table. The output layer multiplies by that table.
embedding_parameters = model.embedding.weight.numel()
lookup_flops, _ = flops_by_module(model.embedding, inputs)[""]

# Writing: all of a case but its last token is in the cache, and that one is fed.
with torch.no_grad():
    cache = KVCache(config, batch=1, like=model.embedding.weight)
    model(inputs[:1, :-1], cache)
    written = flops_by_module(model, inputs[:1, -1:], cache)[""]
written_flops, _ = written

# Another model. Here each weight is used at many places of an image, and the first
# layer needs no gradient for its input: pixels do not learn.
layers = [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 30 * 30, 10)]
cnn, image = nn.Sequential(*layers).to(device), torch.randn(1, 3, 32, 32, device=device)
cnn_forward, cnn_backward = flops_by_module(cnn, image)[""]
first, last = 2 * (3 * 3 * 3 * 8) * (30 * 30), 2 * (8 * 30 * 30 * 10)
cnn_by_hand = [first + last, first + 2 * last]

rows = {"MLP": mlp, "projections": projections, "output": output}
rows |= {"attention": attention, "all": whole, "by hand": by_hand, "writing": written}
rows |= {"CNN, an image": (cnn_forward, cnn_backward), "CNN by hand": cnn_by_hand}
print("FLOP for each token    forward      backward")
for name, (forward, backward) in rows.items():
    print(f"{name:<16} {forward:>13,} {backward:>13,}")
print(f"\nattention, if PyTorch picks the kernel: counted as {attention_by_default:,}")
print(f"looking up in a table of {embedding_parameters:,} weights: {lookup_flops}")
