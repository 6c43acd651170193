"""The queue is served as the page says: nobody's answer depends on the company, and passes add up."""

import statistics
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from tests.snippet_functions import casebook, decided_model, engine, functions_of, recorded, tiny_gpt

batching = functions_of("batching")
serve, model = batching.serve, decided_model(context=64)


@dataclass
class Counted(batching.Request):
    """A request for so many tokens, whatever they are."""

    wanted: int = 1

    @property
    def done(self):
        return len(self.answer) == self.wanted


def queue(*wanted, arrives=None):
    prompts = torch.randint(128, (len(wanted), 20), generator=torch.Generator().manual_seed(0)).tolist()
    arrives = arrives or [0] * len(wanted)
    return [Counted(arrives[i], prompts[i][: 2 + 3 * i % 17], wanted=each) for i, each in enumerate(wanted)]


def alone(request):
    return engine.generate(model, torch.tensor([request.prompt]), len(request.answer))[0].tolist()


@pytest.mark.parametrize("continuous", [False, True])
@pytest.mark.parametrize("slots", [1, 3, 8])
def test_company_changes_no_answer(slots, continuous):
    """Prompts of different lengths in one batch, and a slot that another text has used before."""
    wanted = (3, 12, 1, 7, 7, 2, 9)
    requests = queue(*wanted, arrives=[0, 0, 0, 0, 2, 3, 30])
    serve(model, requests, slots, continuous)
    for request, tokens in zip(requests, wanted, strict=True):
        assert len(request.answer) == tokens
        assert request.prompt + request.answer == alone(request)
    assert len({token for request in requests for token in request.answer}) > 10, "the answers vary"


def test_static_waits_for_the_longest_and_continuous_does_not():
    def served(continuous):
        requests = queue(5, 1, 1, 1, 1)
        passes = serve(model, requests, 2, continuous)
        return passes, [(each.slot, each.starts, each.ends) for each in requests]

    assert served(continuous=False) == (5 + 1 + 1, [(0, 0, 5), (1, 0, 1), (0, 5, 6), (1, 5, 6), (0, 6, 7)])
    assert served(continuous=True) == (5, [(0, 0, 5), (1, 0, 1), (1, 1, 2), (1, 2, 3), (1, 3, 4)])


@pytest.mark.parametrize("continuous", [False, True])
def test_an_empty_house_takes_no_pass(continuous):
    requests = queue(2, 3, arrives=[0, 10])
    assert serve(model, requests, 2, continuous) == 5
    assert [each.starts for each in requests] == [0, 10]


def test_a_request_ends_with_its_case_or_when_its_slot_is_full():
    case = casebook.HELD_OUT[0]
    text = casebook.tokenize("\n" + case.question + case.answer)
    done = [batching.Request(0, text[:20], text[20:end]).done for end in range(20, len(text) + 1)]
    assert done == [False] * (len(text) - 20) + [True]
    (request,) = queue(1000)
    assert serve(model, [request], 2, continuous=True) == 62
    assert request.prompt + request.answer == alone(request)


@pytest.mark.parametrize("length", [1, 64, 100])
def test_a_prompt_that_does_not_fit_is_refused_before_anybody_is_served(length):
    sound, odd = Counted(0, [1, 2, 3]), Counted(0, [1] * length)
    with pytest.raises(ValueError, match=f"a prompt of {length} tokens; give 2 to 63"):
        serve(model, [sound, odd], 2, continuous=True)
    assert not sound.answer


def test_the_recorded_schedule_adds_up():
    values = recorded("batching")
    half = values["queue_length"]
    rides = list(zip(values["seats"], values["starts"], values["ends"]))
    assert len(rides) == 2 * half
    for name, taken in (("static", rides[:half]), ("continuous", rides[half:])):
        held = {(slot, now) for slot, start, end in taken for now in range(start, end)}
        carried = sum(end - start for _, start, end in taken)
        assert len(held) == carried, f"{name}: two requests share a slot"
        passes = values[f"{name}_passes"]
        assert passes == max(end for _, _, end in taken)
        assert values[f"{name}_wasted"] == 1 - carried / (values["slots"] * passes)
    assert values["answers_changed"] == 0


def test_the_queue_on_the_page_is_no_lucky_one():
    """Of several queues of its kind, the middle one gains as much, give or take a tenth."""
    lengths = {"from ": 8, "Holmes: ": 31, "has ": 74}  # about what is left to write

    def scribbler(tokens, cache):
        cache.advance(tokens.shape[1])
        return torch.zeros(*tokens.shape, 1)

    scribbler.config, scribbler.embedding = tiny_gpt.Config(hidden_size=2, layers=1), nn.Embedding(1, 1)

    def passes(seed, continuous):
        requests = batching.make_requests(list(lengths), [4, 1, 1], seed)
        cuts = [next(cut for cut in lengths if casebook.detokenize(each.prompt).endswith(cut)) for each in requests]
        waiting = [Counted(each.arrives, [0, 0], wanted=lengths[cut]) for each, cut in zip(requests, cuts)]
        return serve(scribbler, waiting, 4, continuous)

    gains = [passes(seed, continuous=False) / passes(seed, continuous=True) for seed in range(1, 13)]
    assert gains[0] == pytest.approx(recorded("batching")["passes_ratio"], rel=0.03)
    assert gains[0] == pytest.approx(statistics.median(gains), rel=0.1)
