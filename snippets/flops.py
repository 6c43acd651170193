"""Count the arithmetic of a PyTorch model, module by module, forward and backward.

A product that has no formula is named, not taken for nothing.
"""

import re
from functools import partial
from math import prod

import torch
from torch.backends import cudnn, mha, mkldnn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

# What PyTorch calls its operations that multiply matrices, or do something of the kind.
PRODUCTS = (
    "(mm|mv|linear|addr)(_|$)|trilinear|matmul|dot|conv(?!ert)|attention|transformer"
    "|rnn(?!_flatten)|lstm(_mps|$)|[cp]dist|euclidean|affine_grid|_fft_.2|solve"
    "|linalg_(?!check|cross|vector_norm)|cholesky|geqrf|ormqr"
)
LIBRARIES = ("aten", "prim", "prims", "profiler", "c10d", "_c10d_functional")


def more_formulas():
    """Return {operation: FLOP from its arguments' shapes} that PyTorch lacks."""

    def vector(matrix, vector, **_):
        return 2 * prod(matrix)

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
        tensors = [each for each in args if torch.is_tensor(each)]
        if product and any(each.layout != torch.strided for each in tensors):
            raise ValueError(f"{name} has no formula for sparse tensors")
        if product and any(each.is_complex() for each in tensors):
            raise ValueError(f"{name} has no formula for complex numbers")
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
    forward pass runs. The weights' .grad are left alone; a layer that keeps
    statistics (BatchNorm) counts the pass, unless the model is in eval().

    Matrix products and convolutions count, attention in full, masked or not. What is
    elementwise, looks up, sums or normalizes counts as 0, and so does the way back from
    a single vector to a matrix, an outer product. A product without a formula
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
