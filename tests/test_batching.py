"""The queue is served as the page says: nobody's answer depends on the company, and passes add up."""

import ast
import json
import statistics
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch

from scripts.paths import RECORDS, SNIPPETS

sys.path.insert(0, str(SNIPPETS))
from casebook import detokenize
from costs import BFLOAT16_BYTE_PER_PARAMETER, inference_flops, least_pass_seconds, ridge_batch, weight_bytes
from tiny_gpt import GPT, Config, generate


def pieces(*names):
    """Return functions and classes of the snippet, without running the rest of it."""
    tree = ast.parse((SNIPPETS / "batching.py").read_text(encoding="utf-8"))
    wanted = (ast.Import, ast.ImportFrom)
    tree.body = [node for node in tree.body if isinstance(node, wanted) or getattr(node, "name", None) in names]
    scope = {"__name__": __name__}
    exec(compile(tree, "batching.py", "exec"), scope)
    return [scope[name] for name in names]


Request, serve = pieces("Request", "serve")


@dataclass
class Counted(Request):
    """A request for so many tokens, whatever they are."""

    wanted: int = 1

    @property
    def done(self):
        return len(self.answer) == self.wanted


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return GPT(Config(hidden_size=32, context=64))


def queue(*wanted, arrives=None):
    prompts = torch.randint(128, (len(wanted), 20), generator=torch.Generator().manual_seed(0)).tolist()
    return [
        Counted(arrives[i] if arrives else 0, prompts[i][: 2 + 3 * i % 17], wanted=each)
        for i, each in enumerate(wanted)
    ]


@pytest.mark.parametrize("continuous", [False, True])
@pytest.mark.parametrize("slots", [1, 3, 8])
def test_company_changes_no_answer(model, slots, continuous):
    """Prompts of different lengths in one batch, and a slot that another text has used before."""
    requests = queue(3, 12, 1, 7, 7, 2, 9, arrives=[0, 0, 0, 0, 2, 3, 30])
    serve(model, requests, slots, continuous)
    for request in requests:
        alone = generate(model, torch.tensor([request.prompt]), request.wanted)[0]
        assert request.prompt + request.answer == alone.tolist()


def test_static_waits_for_the_longest_and_continuous_does_not(model):
    requests = queue(5, 1, 1, 1, 1)
    assert serve(model, requests, 2, continuous=False) == 5 + 1 + 1
    assert [(each.slot, each.starts, each.ends) for each in requests] == [
        (0, 0, 5),
        (1, 0, 1),
        (0, 5, 6),
        (1, 5, 6),
        (0, 6, 7),
    ]
    requests = queue(5, 1, 1, 1, 1)
    assert serve(model, requests, 2, continuous=True) == 5
    assert [(each.slot, each.starts, each.ends) for each in requests] == [
        (0, 0, 5),
        (1, 0, 1),
        (1, 1, 2),
        (1, 2, 3),
        (1, 3, 4),
    ]


@pytest.mark.parametrize("continuous", [False, True])
def test_where_all_want_as_much_the_two_are_one(model, continuous):
    assert serve(model, queue(*[4] * 6), 3, continuous) == 8


@pytest.mark.parametrize("continuous", [False, True])
def test_an_empty_house_takes_no_pass(model, continuous):
    requests = queue(2, 3, arrives=[0, 10])
    assert serve(model, requests, 2, continuous) == 5
    assert [each.starts for each in requests] == [0, 10]


def test_a_request_that_never_ends_is_cut_off_when_its_slot_is_full(model):
    (request,) = queue(1000)
    assert serve(model, [request], 2, continuous=True) == 62
    alone = generate(model, torch.tensor([request.prompt]), 62)[0]
    assert request.prompt + request.answer == alone.tolist()


def test_the_recorded_schedule_adds_up():
    values = json.loads((RECORDS / "cpu" / "batching.json").read_text(encoding="utf-8"))["values"]
    half = values["queue_length"]
    rides = list(zip(values["seats"], values["starts"], values["ends"]))
    for name, taken in (("static", rides[:half]), ("continuous", rides[half:])):
        held = {(slot, now) for slot, start, end in taken for now in range(start, end)}
        carried = sum(end - start for _, start, end in taken)
        assert len(held) == carried, f"{name}: two requests share a slot"
        passes = values[f"{name}_passes"]
        assert passes == max(end for _, _, end in taken)
        assert values[f"{name}_wasted"] == 1 - carried / (values["slots"] * passes)


class Scribbler:
    """A model that writes the same token for ever, at once."""

    config, embedding = Config(hidden_size=2, layers=1), SimpleNamespace(weight=torch.zeros(1))

    def __call__(self, tokens, cache):
        return torch.zeros(*tokens.shape, 1)


def test_the_queue_on_the_page_is_no_lucky_one():
    """Of several queues of its kind, the middle one gains as much, give or take a tenth."""
    make_requests = pieces("make_requests", "Request")[0]
    lengths = {"from ": 8, "Holmes: ": 31, "has ": 74}  # about what is left to write

    def gain(seed):
        def queue():
            for each in make_requests(list(lengths), [4, 1, 1], seed):
                cut = next(cut for cut in lengths if detokenize(each.prompt).endswith(cut))
                yield Counted(each.arrives, each.prompt[:2], wanted=lengths[cut])

        return serve(Scribbler(), queue(), 4, False) / serve(Scribbler(), queue(), 4, True)

    recorded = json.loads((RECORDS / "cpu" / "batching.json").read_text(encoding="utf-8"))["values"]["passes_ratio"]
    assert gain(1) == pytest.approx(recorded, rel=0.03)
    assert gain(1) == pytest.approx(statistics.median(map(gain, range(2, 13))), rel=0.1)


def test_at_the_ridge_reading_and_arithmetic_take_as_long():
    parameters, flops, bandwidth = 8e9, 989e12, 3.35e12
    batch = ridge_batch(flops, bandwidth)
    assert batch == pytest.approx(295.2, abs=0.1)
    reading = least_pass_seconds(weight_bytes(parameters, BFLOAT16_BYTE_PER_PARAMETER), bandwidth)
    assert reading == pytest.approx(inference_flops(parameters, tokens=batch) / flops)
