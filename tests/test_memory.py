"""What the page on memory counts: exact identities of its figures, and its functions on models of other kinds."""

import re
import warnings
from functools import partial

import pytest
import torch
import torch.ao.quantization
import torch.nn.functional as F
import torch.utils.checkpoint
from torch import nn
from torch.profiler import ProfilerActivity, profile

from tests.snippet_functions import costs, functions_of, recorded

memory, FIGURES = functions_of("memory"), recorded("memory")


def convolutional():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))
    images = torch.randn(7, 3, 8, 8)
    return model, lambda: model(images.clone()).square().mean()


def attentive():
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 2)
    words = torch.randn(3, 5, 16)
    return model, lambda: model(words.clone()).square().mean()


def tied():
    embedding = nn.Embedding(11, 8)
    model = nn.Sequential(embedding, nn.Tanh())
    return model, lambda: F.linear(model(torch.arange(6)), embedding.weight).logsumexp(-1).mean()


MODELS = pytest.mark.parametrize("make", [convolutional, attentive, tied])


@MODELS
def test_saved_bytes_are_what_the_allocator_still_holds_after_a_forward_pass(make):
    """Two ways to count: the tensors that autograd was given, and what was allocated and not freed."""
    model, forward = make()
    forward()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        loss = forward()
    held = sum(event.self_cpu_memory_usage for event in watched.events())
    assert memory.saved_bytes(model, forward) == held - loss.nbytes > 0


@MODELS
def test_nothing_is_saved_in_inference_mode_but_eval_alone_saves(make):
    model, forward = make()
    assert memory.saved_bytes(model, torch.inference_mode()(forward)) == 0
    assert memory.saved_bytes(model, torch.no_grad()(forward)) == 0
    assert memory.saved_bytes(model.eval(), forward) > 0


def test_shared_storage_is_counted_once_and_a_slice_holds_the_whole():
    whole = torch.ones(10, 4, requires_grad=True) * 1
    parts, result = lambda: (whole[:2] * whole[2:4], whole.t().square()), lambda: whole[:2].exp()
    assert memory.saved_bytes(nn.Identity(), parts) == whole.nbytes
    assert memory.saved_bytes(nn.Identity(), result) == whole[:2].nbytes, "exp keeps its result"


@pytest.mark.parametrize(
    ("make_optimizer", "states"),
    [
        (partial(torch.optim.SGD, lr=0.1), 0),
        (partial(torch.optim.SGD, lr=0.1, momentum=0.9), 1),
        (torch.optim.Adam, 2),
        (partial(torch.optim.Adam, amsgrad=True), 3),
    ],
)
@pytest.mark.parametrize("make", [convolutional, tied])
def test_the_anatomy_counts_what_each_optimizer_keeps_beside_the_weights(make, make_optimizer, states):
    model, forward = make()
    optimizer = make_optimizer(model.parameters())
    before = memory.memory_anatomy(model, optimizer)
    assert (before["gradients"], before["optimizer"]) == (0, 0)
    forward().backward()
    optimizer.step()
    after = memory.memory_anatomy(model, optimizer)
    weights = sum(weight.nbytes for weight in model.parameters())
    assert after["weights"] == after["gradients"] == before["weights"] == weights
    assert after["buffers"] == sum(buffer.nbytes for buffer in model.buffers())
    assert after["optimizer"] == states * weights


def test_the_tensors_of_a_state_are_found_at_any_depth_but_not_the_count_of_steps():
    state = {0: {"step": torch.ones(1), "mean": torch.ones(2)}, "lists": [torch.ones(3), (torch.ones(4), None, 7)]}
    assert [len(tensor) for tensor in memory.tensors_in(state)] == [2, 3, 4]


class Wrapper(torch.Tensor):
    """A tensor of the advertised shape around smaller ones, as quantization libraries and DTensor make them."""

    @staticmethod
    def __new__(cls, *parts, shape=(512, 512)):
        return torch.Tensor._make_wrapper_subclass(cls, shape, dtype=torch.float32)

    def __init__(self, *parts, shape=(512, 512)):
        self.parts = {f"part{place}": part for place, part in enumerate(parts)}
        self.__dict__.update(self.parts)

    def __tensor_flatten__(self):
        return list(self.parts), None

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.detach.default:
            return cls(*args[0].parts.values(), shape=args[0].shape)
        plain = torch.utils._pytree.tree_map(lambda each: each.dense() if isinstance(each, cls) else each, args)
        return func(*plain, **(kwargs or {}))

    def dense(self):
        return torch.ones(self.shape)


def eight_bits():
    """Return a tensor as torchao's 8-bit Adam keeps it: a byte an element, a scale a block of 256, a table of 256."""
    return Wrapper(torch.zeros(512, 512, dtype=torch.uint8), torch.zeros(1024), torch.zeros(256))


def test_a_wrapper_counts_as_what_it_wraps_at_any_depth():
    """The bytes are those that a hand adds up for torchao's 8-bit Adam and int8 weights, and they agree with torchao."""
    model = nn.Linear(512, 512, bias=False)
    optimizer = torch.optim.Adam(model.parameters())
    optimizer.state = {
        model.weight: {"step": torch.ones(()), "exp_avg": eight_bits(), "exp_avg_sq": Wrapper(eight_bits())},
    }
    assert memory.memory_anatomy(model, optimizer)["optimizer"] == 2 * (2**18 + 4 * 1024 + 4 * 256) == 534_528
    codes, zeros = torch.zeros(512, 512, dtype=torch.int8), torch.zeros(512, dtype=torch.int8)
    model.weight = nn.Parameter(Wrapper(codes, torch.zeros(512), zeros), requires_grad=False)
    assert memory.memory_anatomy(model)["weights"] == 2**18 + 4 * 512 + 512 == 264_704


def test_what_autograd_keeps_of_a_wrapper_is_what_it_wraps():
    inner, scale = torch.zeros(6, 5, dtype=torch.int8), torch.ones(1, requires_grad=True)
    kept = Wrapper(inner, shape=(6, 5))
    assert memory.saved_bytes(nn.Identity(), lambda: scale * kept) == inner.nbytes
    owner = nn.Module()
    owner.weight = nn.Parameter(kept, requires_grad=False)
    assert memory.saved_bytes(owner, lambda: scale * owner.weight) == 0, "the model's own"


def test_checkpointed_layers_keep_what_goes_into_them_and_a_compiled_model_what_it_keeps():
    layer = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 4))
    words = torch.randn(3, 4, requires_grad=True)
    again = partial(torch.utils.checkpoint.checkpoint, layer, words, use_reentrant=False)
    assert memory.saved_bytes(layer, again) == words.nbytes
    compiled = torch.compile(layer, backend="aot_eager")
    tanh = 4 * 3 * 64  # tanh keeps its result, which the second layer needs, too
    assert memory.saved_bytes(layer, lambda: layer(words)) == words.nbytes + tanh
    assert memory.saved_bytes(compiled, lambda: compiled(words)) == words.nbytes + tanh


def test_a_nested_tensor_counts_as_its_values_and_offsets():
    model = nn.Module()
    texts = torch.nested.nested_tensor([torch.ones(3, 2), torch.ones(5, 2)], layout=torch.jagged)
    model.register_buffer("texts", texts)
    assert memory.memory_anatomy(model)["buffers"] == texts.values().nbytes + texts.offsets().nbytes


def holding(tensor):
    model = nn.Module()
    model.register_buffer("kept", tensor)
    return model


def per_channel(tensor):
    return torch.quantize_per_channel(tensor, torch.ones(5), torch.zeros(5), 0, torch.qint8)


def test_a_quantized_tensor_is_a_byte_an_element():
    tensor = torch.quantize_per_tensor(torch.ones(5, 5), 0.1, 0, torch.qint8)
    assert memory.memory_anatomy(holding(tensor))["buffers"] == 25


class Opaque(Wrapper):
    """A wrapper that does not say what it wraps."""

    __tensor_flatten__ = property()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: holding(torch.eye(3).to_sparse()), "behind a Tensor (torch.sparse_coo)"),
        (lambda: holding(torch.eye(3).to_sparse_csr()), "behind a Tensor (torch.sparse_csr)"),
        (lambda: holding(per_channel(torch.ones(5, 5))), "behind a Tensor (torch.strided)"),
        (lambda: holding(Opaque()), "behind a Opaque (torch.strided)"),
        (lambda: nn.LazyLinear(3), "uninitialized parameter"),
    ],
)
def test_what_has_no_visible_memory_is_refused(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        memory.memory_anatomy(make())
    with pytest.raises(ValueError, match=re.escape(message)):
        memory.saved_bytes(make(), lambda: None)


def test_a_sparse_gradient_and_an_object_in_the_state_are_refused():
    model = nn.Embedding(5, 3, sparse=True)
    model(torch.arange(2)).sum().backward()
    with pytest.raises(ValueError, match="sparse_coo"):
        memory.memory_anatomy(model)
    optimizer = torch.optim.SGD(model.parameters())
    optimizer.state = {model.weight: {"projector": object()}}
    with pytest.raises(ValueError, match="what a object holds"):
        list(memory.tensors_in(optimizer.state))


def test_an_optimizer_of_other_weights_is_refused():
    model, other = nn.Linear(2, 2), nn.Linear(2, 2)
    with pytest.raises(ValueError, match="weights that the model does not have"):
        memory.memory_anatomy(model, torch.optim.SGD(other.parameters()))


def test_several_optimizers_or_none_and_what_parts_share_counts_once():
    model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    assert memory.memory_anatomy(model)["optimizer"] == 0
    both = [torch.optim.Adam(layer.parameters()) for layer in model]
    model(torch.randn(2, 8)).sum().backward()
    for optimizer in both:
        optimizer.step()
    weights = sum(weight.nbytes for weight in model.parameters())
    assert memory.memory_anatomy(model, *both)["optimizer"] == 2 * weights
    both[0].state[model[0].weight]["averaged"] = model[0].weight.detach()
    assert memory.memory_anatomy(model, *both)["optimizer"] == 2 * weights, "weights already"


def test_a_model_that_packs_its_weights_is_refused():
    model = nn.Sequential(nn.Linear(4, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed = torch.ao.quantization.quantize_dynamic(model, dtype=torch.qint8)
    with pytest.raises(ValueError, match="packs weights"):
        memory.memory_anatomy(packed)


def test_a_slice_of_a_larger_weight_counts_as_the_whole():
    model, whole = nn.Module(), torch.zeros(100, 4)
    model.one, model.two = nn.Parameter(whole[:1]), nn.Parameter(whole[1:2])
    assert memory.memory_anatomy(model)["weights"] == whole.nbytes


# --- the figures of the page ---


def test_weights_gradients_and_adam_are_as_one_to_one_to_two():
    assert FIGURES["gradient_bytes"] == FIGURES["weight_bytes"]
    assert FIGURES["adam_bytes"] == 2 * FIGURES["weight_bytes"]
    assert FIGURES["state_bytes"] == 16 * recorded("train")["parameters"]


def test_what_grows_is_linear_in_the_batch_to_the_byte():
    """Beside what each case adds there are four bytes: the count that the loss is divided by."""
    sizes = FIGURES["batch_sizes"]
    assert FIGURES["saved_by_batch"] == [4 + size * FIGURES["saved_per_case"] for size in sizes]
    layers, context, hidden_size, float32 = 2, 128, 64, 4
    cache = costs.kv_cache_bytes(layers, 1, hidden_size, context, float32)
    assert FIGURES["cache_by_batch"] == [size * cache for size in sizes]


def test_activations_overtake_where_the_page_says():
    size, each = FIGURES["overtakes_at"], FIGURES["saved_per_case"]
    assert 4 + (size - 1) * each <= FIGURES["state_bytes"] < 4 + size * each
