"""The count of arithmetic: identities to the last operation, on models whose operations are known by hand."""

import re

import pytest
import torch
import torch.utils.checkpoint
from torch import nn

from tests.snippet_functions import engine, flops_by_module, recorded, tiny_gpt


def by_hand(config, model, rows, length):
    """Return the forward FLOPs: of the weights, and of attention over all pairs."""
    weights = sum(weight.numel() for weight in model.parameters())
    return 2 * weights * rows * length, 4 * config.layers * config.hidden_size * rows * length**2


@pytest.mark.parametrize("sizes", [{}, {"heads": 4}, {"heads": 4, "kv_heads": 2, "layers": 3}], ids=str)
@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_forward_is_weights_and_attention_and_backward_is_twice_that(sizes, device):
    config = tiny_gpt.Config(vocab_size=32, context=16, hidden_size=16, **sizes)
    with torch.device(device):
        model = tiny_gpt.GPT(config)
        flops = flops_by_module(model, torch.zeros(3, 11, dtype=torch.long))
    weights, attention = by_hand(config, model, 3, 11)
    assert flops[""] == (weights + attention, 2 * (weights + attention))
    for name, (forward, backward) in flops.items():
        assert backward == 2 * forward, name
    inside = sum(flops[f"blocks.0.{name}"][0] for name in ("query_key_value", "project", "expand", "contract"))
    assert flops["blocks.0"][0] - inside == attention / config.layers


def test_a_token_is_written_with_what_there_is_to_look_back_on():
    config = tiny_gpt.Config(vocab_size=32, context=16, hidden_size=16)
    model = tiny_gpt.GPT(config)
    cache = engine.KVCache(config, batch=1, like=model.embedding.weight)
    with torch.no_grad():
        model(torch.zeros(1, 9, dtype=torch.long), cache)
        found = flops_by_module(model, torch.zeros(1, 1, dtype=torch.long), cache)[""]
    assert found == (by_hand(config, model, 1, 1)[0] + 4 * config.layers * config.hidden_size * 10, 0)


def test_gradients_are_left_as_they_were():
    model = nn.Linear(4, 3)
    model.weight.grad = torch.full((3, 4), 7.0)
    flops_by_module(model, torch.randn(2, 4))
    assert model.weight.grad.eq(7).all()
    assert model.bias.grad is None


def test_frozen_weights_need_no_gradient():
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))
    forward = 2 * (4 * 8 + 8 * 3) * 5
    assert flops_by_module(model, torch.randn(5, 4))[""] == (forward, 2 * forward - 2 * 4 * 8 * 5)
    model[0].requires_grad_(requires_grad=False)
    assert flops_by_module(model, torch.randn(5, 4))[""] == (forward, 2 * 8 * 3 * 5)
    model.requires_grad_(requires_grad=False)
    assert flops_by_module(model, torch.randn(5, 4, requires_grad=True))[""] == (forward, 0)


@pytest.mark.parametrize("training", [True, False])
def test_an_encoder_is_counted_in_training_and_on_its_fast_path(training):
    size, inner, batch, length, layers = 16, 32, 2, 7, 2
    layer = nn.TransformerEncoderLayer(size, 4, inner, batch_first=True)
    model = nn.TransformerEncoder(layer, layers).train(training)
    texts = torch.randn(batch, length, size, requires_grad=True)
    weights = 4 * size * size + 2 * size * inner
    forward = layers * (2 * weights * batch * length + 4 * size * batch * length**2)
    assert flops_by_module(model, texts)["layers.0"][0] == forward / layers
    with torch.no_grad():
        assert flops_by_module(model, texts)[""] == (forward, 0)
    assert torch.backends.mha.get_fastpath_enabled(), "the fast path is back"


class Given(nn.Module):
    """One weight, and what a function makes of it."""

    def __init__(self, function, *shape):
        super().__init__()
        self.weight, self.function = nn.Parameter(torch.randn(*shape)), function

    def forward(self, *inputs):
        return self.function(self.weight, *inputs)


first = lambda both: both[0].sum()  # noqa: E731
MATRIX, VECTOR = 2 * 64 * 64, torch.randn(64)


@pytest.mark.parametrize(
    ("model", "inputs", "expected"),
    [
        (Given(lambda w, v: w @ v, 64, 64), [VECTOR], (MATRIX, 0)),
        (Given(lambda w, v: v @ w, 64, 64), [VECTOR], (MATRIX, MATRIX)),
        (Given(lambda w, v: torch.addmv(v, w, v), 64, 64), [VECTOR], (MATRIX, 0)),
        (Given(lambda w, v: torch.einsum("ij,j->i", w, v), 64, 64), [VECTOR], (MATRIX, MATRIX)),
        (Given(lambda w, v: torch.tanh(w @ (w @ v)), 64, 64), [VECTOR], (2 * MATRIX, MATRIX)),
        (nn.Linear(64, 32), [VECTOR], (MATRIX // 2, MATRIX // 2)),
        (Given(lambda w, v: w @ v + torch.vdot(w, v), 64), [VECTOR], (2 * 2 * 64, 0)),
        (Given(lambda w, a, b: torch.addbmm(w, a, b), 3, 5), [torch.ones(2, 3, 4), torch.ones(2, 4, 5)], (240, 0)),
        (Given(lambda w, x: torch.vmap(lambda row: w @ row)(x), 64, 64), [torch.ones(3, 64)], (3 * MATRIX, 3 * MATRIX)),
    ],
)
def test_products_that_pytorch_has_no_formula_for(model, inputs, expected):
    assert flops_by_module(model, *inputs)[""] == expected


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_recurrent_layers_count_on_each_device(kind, gates, device):
    """Back there is no product for the text, nor for the state before the first step."""
    steps, rows, wide, size = 5, 2, 8, 16
    model, text = kind(wide, size, device=device), torch.randn(steps, rows, wide, device=device)
    of_text, of_state = (2 * steps * rows * gates * size * each for each in (wide, size))
    found = flops_by_module(model, text, loss=first)[""]
    assert found == (of_text + of_state, of_text + of_state + of_state * (steps - 1) // steps)
    with torch.inference_mode():
        assert flops_by_module(model, text, loss=first)[""] == (of_text + of_state, 0)


def test_grouped_convolutions_count_their_groups_on_both_ways():
    grouped, image = nn.Conv2d(8, 8, 3, groups=4), torch.randn(2, 8, 9, 9)
    forward = 2 * 72 * 2 * 8 * 49 // 4
    assert flops_by_module(grouped, image)[""] == (forward, forward)
    assert flops_by_module(nn.Sequential(nn.Conv2d(8, 8, 1), grouped), image)["1"] == (forward, 2 * forward)
    depthwise = nn.ConvTranspose2d(8, 8, 3, stride=2, groups=8)
    apart, after = 2 * 2 * 8 * 9 * 81, 2 * 2 * 8 * 4 * 19 * 19
    model = nn.Sequential(depthwise, nn.BatchNorm2d(8), nn.Conv2d(8, 4, 1))
    assert flops_by_module(model, image)[""] == (apart + after, apart + 2 * after)


def test_attention_of_two_texts():
    size, rows, length = 8, 2, 3
    model, texts = nn.MultiheadAttention(size, 2, batch_first=True), [torch.randn(rows, length, size)] * 3
    projections, attention = 4 * 2 * size**2 * rows * length, 4 * size * rows * length**2
    expected = (projections + attention, 2 * attention + projections + projections // 4)
    assert flops_by_module(model, *texts, loss=first)[""] == expected


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda w: nn.functional.bilinear(w, w, w[None]), "aten._trilinear"),
        (lambda w: torch.fft.rfft(w).abs(), "aten._fft_r2c"),
        (lambda w: (w.to(torch.complex64) @ w.to(torch.complex64)).abs(), "no formula for complex"),
        (lambda w: torch.cdist(w, w), "aten._cdist_forward"),
        (lambda w: torch.linalg.solve(w, w), "aten._linalg_solve_ex"),
        (lambda w: torch.linalg.svdvals(w), "aten._linalg_svd"),
        (lambda w: torch.linalg.inv(w), "aten.linalg_inv_ex"),
        (lambda w: torch.matrix_exp(w), "aten.linalg_matrix_exp"),
        (lambda w: torch.zeros(9, 9).addmm_(w, w), "aten.addmm_"),
        (lambda w: torch.addr(w, w[0], w[0]), "aten.addr"),
        (lambda w: torch.sparse.mm(torch.eye(9).to_sparse(), w), "aten._sparse_addmm"),
        (
            lambda w: torch.addmm(w.detach(), torch.eye(9).to_sparse(), w.detach()),
            "aten.addmm has no formula for sparse",
        ),
        (lambda w: torch.ops.site_tests.doubled(w) + w, "site_tests.doubled"),
    ],
)
def test_a_product_without_a_formula_is_named(function, name):
    with pytest.raises(ValueError, match=re.escape(name)):
        flops_by_module(Given(function, 9, 9))
    switches = torch.backends.mha.get_fastpath_enabled(), torch.backends.mkldnn.enabled, torch.backends.cudnn.enabled
    assert switches == (True, True, True), "fused kernels are back"


@torch.library.custom_op("site_tests::doubled", mutates_args=())
def doubled(tensor: torch.Tensor) -> torch.Tensor:
    return tensor * 2


def test_a_formula_can_be_passed():
    model = Given(lambda w: torch.ops.site_tests.doubled(w.detach()) + w, 9, 9)
    formulas = {torch.ops.site_tests.doubled: lambda shape, **_: shape.numel()}
    assert flops_by_module(model, formulas=formulas)[""] == (81, 0)


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear"), nn.AvgPool2d(2), nn.MaxPool2d(2), nn.PixelShuffle(2)
        ),
        nn.Sequential(
            nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True), nn.LayerNorm(8), nn.RMSNorm(8)
        ),
        nn.Sequential(nn.PReLU(), nn.GELU(), nn.Softmax(-1), nn.Dropout(), nn.LocalResponseNorm(2), nn.GLU(1)),
        Given(
            lambda w, x: (
                torch.linalg.norm(w) + torch.linalg.cross(w, w) + x.cumsum(-1).sort(-1).values.cummax(-1)[0].sum()
            ),
            4,
            3,
        ),
        Given(lambda w, x: nn.functional.embedding_bag(torch.zeros(2, 3, dtype=torch.long), w, mode="mean"), 4, 3),
    ],
)
def test_what_is_no_product_counts_as_nothing_and_is_not_refused(model):
    assert flops_by_module(model, torch.randn(2, 4, 8, 8))[""] == (0, 0)


def test_an_output_that_the_loss_cannot_read_and_nested_inputs_are_refused():
    with pytest.raises(ValueError, match="returns a tuple: pass a loss"):
        flops_by_module(nn.LSTM(2, 2), torch.randn(3, 1, 2))
    nested = torch.nested.nested_tensor([torch.ones(3, 4), torch.ones(5, 4)], layout=torch.jagged)
    with pytest.raises(ValueError, match="nested"):
        flops_by_module(nn.Linear(4, 4), nested)


def test_the_loss_counts_in_the_whole_but_its_modules_are_not_the_models():
    judge = nn.Sequential(nn.Linear(4, 1))
    flops = flops_by_module(Given(lambda w, x: x @ w, 4, 4), torch.randn(1, 4), loss=lambda out: judge(out).sum())
    assert flops == {"": (2 * 16 + 2 * 4, 2 * 16 + 2 * 4)}


def test_a_compiled_model_counts_like_its_original():
    model, image = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)), torch.randn(2, 4)
    forward, once = 2 * 2 * 16 * 2, 2 * 2 * 16
    assert flops_by_module(torch.compile(model, backend="aot_eager"), image)[""] == (forward, forward + once)


ONCE = 2 * 4 * 4  # a layer below, for one row


class Layers(nn.Module):
    """Three layers without bias, put together by a function."""

    def __init__(self, function):
        super().__init__()
        self.a, self.b, self.c = (nn.Linear(4, 4, bias=False) for _ in range(3))
        self.function = function

    def forward(self, row):
        return self.function(self, row)


def again(layers, row):
    inside = lambda some: layers.c(torch.tanh(layers.b(some)))  # noqa: E731
    return torch.utils.checkpoint.checkpoint(inside, layers.a(row), use_reentrant=False)


@pytest.mark.parametrize(
    ("function", "back"),
    [
        (lambda it, row: it.c(it.b(row)) + it.a(row), {"a": 1, "b": 1, "c": 2}),
        (lambda it, row: it.a(row) + it.c(it.b(row)), {"a": 1, "b": 1, "c": 2}),
        (lambda it, row: it.a(it.a(row)), {"a": 3}),
        (lambda it, row: it.b(it.a(row.detach()).detach()), {"a": 0, "b": 1}),
        (again, {"a": 1, "b": 3, "c": 2}),  # b runs again, c only up to what it keeps
    ],
)
def test_backward_stands_under_the_module_that_it_goes_through(function, back):
    flops = flops_by_module(Layers(function), torch.randn(1, 4))
    assert {name: backward / ONCE for name, (_, backward) in flops.items() if name} == back
    assert flops[""][1] == ONCE * sum(back.values())


def test_computed_weights_are_counted():
    """weight_norm() computes the weight from two others, in a module of its own."""
    model = nn.utils.parametrizations.weight_norm(nn.Linear(4, 4))
    assert flops_by_module(model, torch.randn(1, 4))[""] == (ONCE, ONCE)


def test_the_parts_on_the_page_are_the_whole_and_what_a_hand_computes():
    values = recorded("compute")
    per_token = values["forward_per_token"]
    assert values["forward_flops"] == per_token * values["tokens"], "division left no rest"
    parts = [values[name] for name in ("mlp", "projections", "output", "attention")]
    assert [sum(each) for each in zip(*parts, strict=True)] == [per_token, 2 * per_token]
    assert values["weight_flops"] == 2 * recorded("train")["parameters"]
    case_tokens = values["tokens"] / recorded("memory")["cases"]  # the same text
    assert values["attention"][0] == values["attention_flops"] == 4 * 2 * 64 * case_tokens
    assert values["written_flops"] == per_token, "the last token of a case has all before it to look back on"
    assert [values["cnn_forward"], values["cnn_backward"]] == values["cnn_by_hand"]
    assert values["attention_by_default"] == 0, "PyTorch now counts it: say so on the page"
