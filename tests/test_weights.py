"""What the snippets save and load with holds for the models of those who copy them, and damage is refused."""

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn

from tests.snippet_functions import decided_model


class Tied(nn.Module):
    """A head that is the embedding, or has weights of its own."""

    def __init__(self, tied=True):
        super().__init__()
        self.embedding, self.head = nn.Embedding(10, 4), nn.Linear(4, 10, bias=False)
        if tied:
            self.head.weight = self.embedding.weight


def convolutions():
    """Return a network whose running statistics have moved."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(288, 4))
    for _ in range(1 + torch.randint(5, ()).item()):
        model(torch.randn(5, 3, 8, 8))
    return model


def with_empty_parameters():
    model = nn.Linear(3, 4)
    model.none, model.nor = (nn.Parameter(torch.randn(0, size)) for size in (3, 4))
    return model


def not_contiguous():
    model = nn.Linear(3, 4)
    model.weight = nn.Parameter(torch.randn(3, 4).T)
    return model


def in_place():
    model = decided_model(seed=torch.randint(99, ()).item())
    model.compile(backend="eager")
    return model


MODELS = {
    "our own": lambda: decided_model(seed=torch.randint(99, ()).item()),
    "ours, compiled in place": in_place,
    "ours in bfloat16": lambda: decided_model(seed=torch.randint(99, ()).item()).bfloat16(),
    "batch normalization": convolutions,
    "a transformer of PyTorch": lambda: nn.TransformerEncoder(
        nn.TransformerEncoderLayer(16, 2, 32), 2, enable_nested_tensor=False
    ),
    "a tied head": Tied,
    "an untied head": lambda: Tied(tied=False),
    "empty parameters": with_empty_parameters,
    "not contiguous": not_contiguous,
    "channels last": lambda: nn.Conv2d(3, 8, 3).to(memory_format=torch.channels_last),
    "a normalized weight": lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 4)),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "w.safetensors"


def same(one, other):
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(a == b and x.dtype == y.dtype and torch.equal(x, y) for (a, x), (b, y) in pairs)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_what_was_saved_is_loaded_bit_for_bit(path, make):
    torch.manual_seed(0)
    model = make()
    torch.manual_seed(1)
    other = make()
    assert not same(model, other)
    save_model(model, path)
    load_model(other, path)
    assert same(model, other)


def test_of_a_wrapped_model_the_model_itself_is_saved(path):
    """As train.py says: a wrapper's names fit no plain model, and loading says which are missing."""
    model, other = decided_model(), decided_model(seed=1)
    compiled = torch.compile(model, backend="eager")
    save_model(compiled, path)
    with pytest.raises(
        RuntimeError, match=r"Missing .*embedding\.weight(.|\n)*Unexpected .*_orig_mod\.embedding\.weight"
    ):
        load_model(other, path)
    save_model(model, path)
    load_model(other, path)
    assert same(model, other)


def test_damage_is_refused(path):
    """By the library, whose words do not name the file: the line that calls it does."""
    model = decided_model()
    before = decided_model()
    save_model(model, path)
    whole = path.read_bytes()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
    for damaged in (whole[:-100], whole[:50], whole[:4], b"", pointer, whole + b"x", b"<!doctype html><html></html>"):
        path.write_bytes(damaged)
        with pytest.raises(SafetensorError):
            load_model(model, path)
        assert same(model, before)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"w\.safetensors"):
        load_model(model, path)


@pytest.mark.parametrize(("sizes", "words"), [({"layers": 3}, "Missing key"), ({"layers": 1}, "Unexpected key")])
def test_the_weights_of_another_model_are_refused(path, sizes, words):
    save_model(decided_model(), path)
    with pytest.raises(RuntimeError, match=words):
        load_model(decided_model(**sizes), path)


def test_the_weights_of_another_size_are_refused(path):
    save_model(decided_model(), path)
    with pytest.raises(RuntimeError, match="size mismatch for embedding.weight"):
        load_model(decided_model(hidden_size=16), path)
