"""Training does what its page says: a step learns, the tests count what they claim to, and the same seed repeats."""

import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, load_model

from scripts.common import read
from tests.snippet_functions import SNIPPETS, casebook, functions_of, recorded, tiny_gpt

WEIGHTS = SNIPPETS / "casebook.safetensors"


@pytest.fixture(scope="module")
def trained():
    model = tiny_gpt.GPT(tiny_gpt.Config())
    load_model(model, WEIGHTS)
    return functions_of("train", model=model.requires_grad_(requires_grad=False))


@pytest.fixture
def train():
    torch.manual_seed(0)
    return functions_of("train", model=tiny_gpt.GPT(tiny_gpt.Config(hidden_size=16)))


def some(cases=casebook.SOLVED, step=97):
    return casebook.encode(cases[::step])


def test_a_step_moves_the_weights_so_that_the_same_targets_surprise_less(train):
    batch, before = some(), [weight.detach().clone() for weight in train.model.parameters()]
    optimizers = [torch.optim.SGD([weight], lr=0.1) for weight in train.model.parameters()]
    loss = train.train_step(train.model, optimizers, batch.inputs, batch.targets)
    assert loss > train.loss_on(train.model, batch.inputs, batch.targets).item()
    for old, weight in zip(before, train.model.parameters(), strict=True):
        assert not torch.equal(old, weight)


def test_a_step_starts_from_no_gradient(train):
    batch, still = some(), torch.optim.SGD(train.model.parameters(), lr=0.0)
    gradients = []
    for _ in range(2):
        train.train_step(train.model, [still], batch.inputs, batch.targets)
        gradients.append(train.model.embedding.weight.grad.clone())
    assert torch.equal(*gradients)


def test_what_is_no_list_of_optimizers_is_refused_before_any_gradient(train):
    batch, one = some(), torch.optim.SGD(train.model.parameters(), lr=0.1)
    with pytest.raises(TypeError):
        train.train_step(train.model, one, batch.inputs, batch.targets)
    assert all(weight.grad is None for weight in train.model.parameters())


def test_the_padding_of_a_row_teaches_nothing(train):
    batch = some()
    junk = batch.inputs.where(batch.targets != casebook.IGNORE, casebook.tokenize("x")[0])
    assert not torch.equal(junk, batch.inputs)
    assert train.loss_on(train.model, junk, batch.targets) == train.loss_on(train.model, *batch[:2])


def test_the_mean_loss_is_that_of_all_cases_at_once(train):
    batch = some()
    assert len(batch.inputs) % 32 != 0
    at_once = train.loss_on(train.model, batch.inputs, batch.targets).item()
    assert train.mean_loss(batch) == pytest.approx(at_once, rel=1e-6)


def test_accuracy_counts_the_cases_whose_answer_has_no_wrong_character(train):
    cases = some(step=64)
    guesses = cases.targets.where(cases.is_answer, 0)  # every question wrong, which does not matter
    places = cases.is_answer.nonzero().tolist()
    for row, column in (places[0], places[1], places[-1]):  # two in the first case, one in the last
        guesses[row, column] += 1
    parts = iter(guesses.split(32))
    train.model = lambda inputs: F.one_hot(next(parts), 128).float()
    assert train.accuracy(cases) == pytest.approx(1 - 2 / len(guesses))


def test_the_learning_rate_rises_for_a_few_steps_and_then_falls_to_zero(train):
    factors = [train.learning_rate_factor(step) for step in range(train.steps + 1)]
    top = factors.index(max(factors))
    assert top == train.warmup_steps - 1
    assert factors[: top + 1] == sorted(factors[: top + 1])
    assert factors[top:] == sorted(factors[top:], reverse=True)
    assert 0 < factors[0] < 0.1 and 0.9 < max(factors) <= 1 and factors[-1] == 0


def test_the_same_seed_gives_the_same_weights(tmp_path, monkeypatch):
    """Run train.py for a few steps on a few cases, and compare the files that it writes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(casebook, "SOLVED", casebook.SOLVED[::40])
    monkeypatch.setattr(casebook, "HELD_OUT", casebook.HELD_OUT[::40])
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)  # it would hold for other tests

    def weights(seed):
        source = read(SNIPPETS / "train.py")
        for old, new in ((r"^steps, (.*) = \d+,", r"steps, \1 = 10,"), (r"manual_seed\(\d+\)", f"manual_seed({seed})")):
            source, times = re.subn(old, new, source, flags=re.MULTILINE)
            assert times == 1, f"train.py no longer holds {old}"
        exec(compile(source, "train.py", "exec"), {})
        return Path("casebook.safetensors").read_bytes()

    first = weights(1)
    assert weights(1) == first
    assert weights(2) != first


def test_the_committed_weights_are_small_whole_and_as_good_as_the_record_says(trained):
    values = recorded("train")
    assert WEIGHTS.stat().st_size < 1_000_000
    assert sum(weight.numel() for weight in load_file(WEIGHTS).values()) == values["parameters"]
    assert trained.mean_loss(some(step=20)) == pytest.approx(values["loss_after"], rel=0.1)
    case = casebook.HELD_OUT[0]
    assert trained.answer(case.question) == case.answer.strip()
    assert trained.accuracy(some(casebook.HELD_OUT, step=8)) == pytest.approx(values["accuracy_after"], abs=0.05)
