"""What the page on memory counts: exact identities of its figures, and its functions on models of other kinds."""

import ast
import sys

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.profiler import ProfilerActivity, profile

from scripts.paths import SNIPPETS
from scripts.records import load_record
from scripts.snippets import source_path

sys.path.insert(0, str(SNIPPETS))
import costs


@pytest.fixture(scope="module")
def memory():
    """Return the functions of the snippet, without the rest of it: that takes seconds."""
    tree = ast.parse(source_path("memory").read_text())
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    names = {"torch": torch}
    exec(compile(tree, "memory.py", "exec"), names)
    return names


@pytest.fixture(scope="module")
def figures():
    return load_record("memory", "cpu").values


def recurrent():
    model = nn.Sequential(nn.Embedding(12, 8), nn.LSTM(8, 8))
    return model, lambda: model(torch.arange(12).view(3, 4))[0].square().mean()


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


MODELS = pytest.mark.parametrize("make", [recurrent, convolutional, attentive, tied])


@MODELS
def test_saved_bytes_are_what_the_allocator_still_holds_after_a_forward_pass(memory, make):
    """Two ways to count: the tensors that autograd was given, and what was allocated and not freed."""
    model, forward = make()
    forward()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        loss = forward()
    held = sum(event.self_cpu_memory_usage for event in watched.events())
    assert memory["saved_bytes"](model, forward) == held - loss.nbytes > 0


@MODELS
def test_nothing_is_saved_in_inference_mode(memory, make):
    model, forward = make()
    assert memory["saved_bytes"](model, torch.inference_mode()(forward)) == 0
    assert memory["saved_bytes"](model, torch.no_grad()(forward)) == 0
    assert memory["saved_bytes"](model.eval(), forward) > 0, "eval() alone does not stop autograd"


def test_shared_storage_is_counted_once_and_a_slice_holds_the_whole(memory):
    whole = torch.ones(10, 4, requires_grad=True) * 1
    job = lambda: (whole[:2] * whole[2:4], whole.t().square())  # noqa: E731
    assert memory["saved_bytes"](nn.Identity(), job) == whole.nbytes
    assert memory["saved_bytes"](nn.Identity(), lambda: whole[:2].exp()) == whole[:2].nbytes, "exp keeps its result"


def test_a_model_that_holds_no_values_can_be_counted(memory):
    def counted(device):
        with torch.device(device):
            model = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
            words = torch.randn(3, 5, 16)
        return memory["saved_bytes"](model, lambda: model(words))

    assert counted("meta") == counted("cpu") > 0


OPTIMIZERS = {
    "plain": (lambda weights: torch.optim.SGD(weights, 0.1), 0),
    "momentum": (lambda weights: torch.optim.SGD(weights, 0.1, momentum=0.9), 1),
    "Adam": (torch.optim.Adam, 2),
    "AMSGrad": (lambda weights: torch.optim.Adam(weights, amsgrad=True), 3),
    "LBFGS": (lambda weights: torch.optim.LBFGS(weights, history_size=1), None),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@MODELS
def test_anatomy(memory, make, name):
    make_optimizer, states = OPTIMIZERS[name]
    model, forward = make()
    optimizer = make_optimizer(model.parameters())

    def closure():
        optimizer.zero_grad()
        loss = forward()
        loss.backward()
        return loss

    before = memory["memory_anatomy"](model, optimizer)
    assert (before["gradients"], before["optimizer"]) == (0, 0)
    optimizer.step(closure)
    after = memory["memory_anatomy"](model, optimizer)
    weights = sum(weight.nbytes for weight in model.parameters())
    assert after["weights"] == after["gradients"] == before["weights"] == weights
    assert after["buffers"] == sum(buffer.nbytes for buffer in model.buffers())
    if states is None:
        assert after["optimizer"] >= weights, "its lists of earlier steps are to be found"
    else:
        assert after["optimizer"] == states * weights


def test_weights_gradients_and_adam_are_as_one_to_one_to_two(figures):
    assert figures["gradient_bytes"] == figures["weight_bytes"]
    assert figures["adam_bytes"] == 2 * figures["weight_bytes"]
    assert figures["state_bytes"] == 16 * load_record("train", "cpu").values["parameters"]


def test_what_grows_is_linear_in_the_batch_to_the_byte(figures):
    """Beside what each case adds there are four bytes: the count that the loss is divided by."""
    sizes = figures["batch_sizes"]
    assert figures["saved_by_batch"] == [4 + size * figures["saved_per_case"] for size in sizes]
    assert figures["cache_by_batch"] == [size * figures["cache_per_case"] for size in sizes]


def test_activations_overtake_where_the_page_says(figures):
    size, each = figures["overtakes_at"], figures["saved_per_case"]
    assert 4 + (size - 1) * each <= figures["state_bytes"] < 4 + size * each


def test_the_cache_holds_a_key_and_a_value_for_each_layer_and_position(figures):
    layers, context, hidden_size, float32 = 2, 128, 64, 4
    assert figures["cache_per_case"] == 2 * layers * context * hidden_size * float32


def test_both_snippets_take_the_same_batch(figures):
    def batch(name):
        tree = ast.parse(source_path(name).read_text())
        wanted = ("length", "batch", "inputs", "prompts")
        return [ast.unparse(node) for node in tree.body if ast.unparse(node).startswith(wanted)][:4]

    assert batch("memory") == batch("side_by_side")
    assert figures["cases"] == load_record("side_by_side", "cpu").values["cases"]


@pytest.mark.parametrize(
    ("parameters", "gradient", "published"),
    [
        (7.5e9, 2, 120e9),  # the ZeRO paper, figure of its three stages
        (1e12, 2, 16e12),  # the same paper, introduction
        (1, 4, 18),  # Hugging Face's guide, facts.mixed_precision_adam_bytes_per_parameter
    ],
)
def test_training_state_is_what_is_published(parameters, gradient, published):
    assert costs.training_state_bytes(parameters, gradient) == published


def test_mixed_precision_takes_as_much_as_full_precision(figures):
    """In full precision 4 + 4 + 8; in mixed precision 2 + 2 + 12."""
    parameters = figures["weight_bytes"] / costs.FLOAT32_BYTE_PER_PARAMETER
    assert costs.training_state_bytes(parameters, costs.BFLOAT16_BYTE_PER_PARAMETER) == figures["state_bytes"]
    assert costs.weight_bytes(parameters, costs.FLOAT32_BYTE_PER_PARAMETER) == figures["weight_bytes"]
