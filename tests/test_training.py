"""Training repeats: same seed, same weights; and the committed weights are small and whole."""

import hashlib

import pytest
import safetensors.torch

from scripts.paths import SNIPPETS
from scripts.records import load_record
from scripts.snippets import run_python

FEW_STEPS = 24


def weights_after_a_few_steps(threads):
    code = (SNIPPETS / "train.py").read_text()
    steps = f"steps, batch_size, warmup_steps, log_every = {load_record('train', 'cpu').values['steps']}"
    for old, new in [
        (steps, steps.rpartition(" ")[0] + f" {FEW_STEPS}"),
        ("set_num_threads(2)", f"set_num_threads({threads})"),
    ]:
        assert code.count(old) == 1, f"train.py no longer holds {old!r}"
        code = code.replace(old, new)
    run = run_python(code, "train.py")
    assert not run.failed, run.stderr
    return hashlib.sha256(run.files["casebook.safetensors"]).hexdigest()


@pytest.fixture(scope="module")
def on_one_thread():
    return weights_after_a_few_steps(threads=1)


def test_same_seed_same_weights(on_one_thread):
    assert weights_after_a_few_steps(threads=1) == on_one_thread


def test_one_thread_or_two_same_weights(on_one_thread):
    assert weights_after_a_few_steps(threads=2) == on_one_thread


@pytest.fixture(scope="module")
def committed():
    path = SNIPPETS / "casebook.safetensors"
    return path, safetensors.torch.load_file(path)


def test_the_committed_weights_are_small_and_whole(committed):
    path, weights = committed
    assert path.stat().st_size < 1_000_000
    assert sum(weight.numel() for weight in weights.values()) == load_record("train", "cpu").values["parameters"]
