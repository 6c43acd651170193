"""The model does what its pages say: it looks back only, heads may share keys, and each parameter multiplies."""

import pytest
import torch
from safetensors.torch import load_file, load_model, save_model

from tests.snippet_functions import decided_model, tiny_gpt

Config, GPT = tiny_gpt.Config, tiny_gpt.GPT
TOKENS = torch.randint(128, (3, 20), generator=torch.Generator().manual_seed(0))


def test_no_token_sees_the_next():
    model, changed = decided_model(), TOKENS.clone()
    changed[:, 10:] = 0
    before, after = model(TOKENS), model(changed)
    torch.testing.assert_close(before[:, :10], after[:, :10])
    assert (before[:, 10:] != after[:, 10:]).any(dim=2).all()


@pytest.mark.parametrize("kv_heads", [1, 2])
def test_shared_heads_are_heads_with_the_same_keys_and_values(kv_heads):
    shared, full = decided_model(heads=4, kv_heads=kv_heads), decided_model(heads=4)
    weights = shared.state_dict()
    for name in [name for name in weights if "query_key_value" in name]:
        query, rest = weights[name].split([32, 2 * kv_heads * 8])
        repeated = rest.view(2, kv_heads, 1, 8, 32).expand(-1, -1, 4 // kv_heads, -1, -1)
        weights[name] = torch.cat([query, repeated.reshape(64, 32)])
    full.load_state_dict(weights)
    torch.testing.assert_close(shared(TOKENS), full(TOKENS), atol=1e-9, rtol=0)


def test_rotated_heads_tell_how_far_apart_two_positions_are_and_no_more():
    cos, sin = tiny_gpt.rotary_angles(Config(hidden_size=8, context=40))
    query, key = (tiny_gpt.rotate(x.expand(1, 40, 1, 8), cos, sin)[0, :, 0] for x in torch.randn(2, 8).double())
    scores = query @ key.T  # (position of the query, position of the key)
    for distance in (0, 1, 17):
        diagonal = scores.diagonal(-distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-5, rtol=0)
    assert scores[20].unique().numel() == 40


def test_every_parameter_is_part_of_a_matrix_that_each_token_is_multiplied_by():
    """The pages count operations by parameters, which holds only then."""
    model = decided_model()
    multiplied = [model.embedding.weight]
    for layer in [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]:
        layer.register_forward_hook(lambda layer, *_: multiplied.append(layer.weight))
    model(TOKENS)
    assert sorted(map(id, multiplied)) == sorted(map(id, model.parameters())), "each once"


@pytest.mark.parametrize(
    "sizes",
    [
        {"hidden_size": 64, "heads": 3},
        {"hidden_size": 6, "heads": 2},
        {"heads": 64},
        {"heads": 4, "kv_heads": 3},
        {"heads": 2, "kv_heads": 4},
        {"kv_heads": 0},
        {"heads": -2},
        {"layers": 0},
        {"hidden_size": 0},
        {"context": 2.5},
    ],
    ids=str,
)
def test_sizes_that_make_no_model_are_refused(sizes):
    with pytest.raises(ValueError, match="must be a multiple of twice the heads, .*, and heads of kv_heads|1 or more"):
        Config(**sizes)


def test_angles_are_exact_in_whatever_type_a_model_is_made():
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.bfloat16)
        cos, _ = tiny_gpt.rotary_angles(Config(context=4096))
    finally:
        torch.set_default_dtype(before)
    assert torch.equal(cos, tiny_gpt.rotary_angles(Config(context=4096))[0])


def test_too_long_a_text_says_so():
    assert decided_model()(torch.zeros(1, 32, dtype=torch.long)).shape == (1, 32, 128)
    with pytest.raises(ValueError, match="33 tokens do not fit in a context of 32; shorten the text"):
        decided_model()(torch.zeros(1, 33, dtype=torch.long))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16], ids=str)
def test_weights_of_any_type_are_read_as_what_they_are(tmp_path, dtype):
    model, other = decided_model().to(dtype), decided_model(seed=1)
    save_model(model, tmp_path / "w.safetensors")
    assert load_file(tmp_path / "w.safetensors").keys() == dict(model.named_parameters()).keys(), "no table of angles"
    assert not torch.equal(other.embedding.weight, model.embedding.weight)
    load_model(other, tmp_path / "w.safetensors")
    assert all(torch.equal(a, b.double()) for a, b in zip(other.parameters(), model.parameters(), strict=True))
