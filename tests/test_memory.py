"""What the page on memory counts: exact identities of its figures, and its functions on models of other kinds."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
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
