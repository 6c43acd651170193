"""The stages do what their page says: they learn what they are shown, and practice rewards what the checker pays for."""

import random

import pytest
import torch

from tests.snippet_functions import casebook, functions_of, recorded, tiny_gpt

pipeline = functions_of("pipeline", draw=random.Random(0))
CASES = casebook.SOLVED[:2]  # of one name


def small_model():
    torch.manual_seed(0)
    return tiny_gpt.GPT(tiny_gpt.Config(hidden_size=16, layers=1))


def surprise(model, cases):
    """Return the surprise at each answer, in nats."""
    inputs, targets, is_answer = casebook.encode(cases)
    surprises = torch.nn.functional.cross_entropy(model(inputs).mT, targets, ignore_index=-100, reduction="none")
    return surprises.where(is_answer, 0).sum(dim=1)


def test_the_checker_pays_for_the_whole_answer_only():
    case = casebook.make_case("Adair", "ink on the cuff", "a red fez")
    assert pipeline.check("Adair is a clerk from Cairo.\n", case) == 1
    for wrong in ("Adair is a clerk.\n", "Adair is a clerk from Perth.\n", "Adair is a clerk from Cairo.", "\n"):
        assert pipeline.check(wrong, case) == 0


def test_the_advantages_of_a_group_sum_to_zero_and_rank_as_the_rewards_do():
    rewards = (torch.rand(5, 8, generator=torch.Generator().manual_seed(0)) < 0.4).float()
    advantages = pipeline.group_advantages(rewards)
    assert advantages.sum(dim=1) == pytest.approx(torch.zeros(5), abs=1e-6)
    assert torch.equal(advantages > 0, (rewards > 0) & (rewards.mean(dim=1, keepdim=True) < 1))
    assert not pipeline.group_advantages(torch.ones(1, 8)).any()


def test_what_beat_its_group_gains_on_what_fell_behind():
    model, (good, bad) = small_model(), CASES
    tries = [casebook.Case(good.question, answer) for answer in (good.answer, bad.answer)]
    before = surprise(model, tries)
    tokens = pipeline.reinforce(model, torch.optim.SGD(model.parameters(), lr=0.01), tries, torch.tensor([[1.0, 0.0]]))
    better, worse = (surprise(model, tries) - before).tolist()
    assert better < worse
    assert tokens == casebook.encode(tries).inputs.numel()


def test_a_group_whose_tries_all_earn_the_same_moves_no_weight():
    model = small_model()
    before = [weight.clone() for weight in model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    assert pipeline.reinforce(model, optimizer, list(CASES), torch.ones(1, 2)) == 0
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_rolling_out_is_inference_and_pairs_each_try_with_its_reward(monkeypatch):
    model, asked = small_model(), list(CASES)
    monkeypatch.setattr(pipeline, "write", lambda _, cases, temperature: [case.answer for case in cases[::-1]])
    tries, rewards = pipeline.roll_out(model, asked)
    assert [case.question for case in tries] == [case.question for case in asked for _ in range(pipeline.group_size)]
    assert rewards.shape == (2, pipeline.group_size) and not rewards.any()
    monkeypatch.setattr(pipeline, "write", lambda _, cases, temperature: [case.answer for case in cases])
    assert pipeline.roll_out(model, asked)[1].all()


def test_imitating_learns_the_answers_and_not_the_questions():
    """A model that knows of a character only what tends to follow it: what stands in the questions alone stays put."""
    model, case = torch.nn.Embedding(128, 128), casebook.Case("Why? ", "So.\n")
    before = model.weight.detach().clone()
    tokens = pipeline.imitate(model, [case] * 4, 3, [pipeline.adam(model.parameters(), 1e-2)], 1)
    moved = (model.weight != before).any(dim=1).nonzero()[:, 0].tolist()
    assert casebook.detokenize(sorted(moved)) == " .So"  # after each of these, a character of the answer comes
    assert tokens == 3 * pipeline.batch_size * len(case.question + case.answer)


def test_the_house_gossips_rightly_most_of_the_time_and_never_as_holmes_does():
    texts = [pipeline.gossip() for _ in range(400)]
    assert all(case.question == "" and "Holmes" not in case.answer for case in texts)
    right = 0
    for case in texts:
        note, remark, _ = case.answer.split("\n")
        (clue,) = (clue for clue in casebook.TRADES if clue in note)
        right += casebook.TRADES[clue] in remark
    assert right / len(texts) == pytest.approx(1 - pipeline.wrong, abs=0.08)


def test_a_brief_demonstration_says_the_trade_and_stops():
    case = casebook.make_case("Adair", "ink on the cuff", "a red fez")
    assert pipeline.demonstration(case, is_brief=True) == casebook.Case(case.question, "Adair is a clerk.\n")
    assert pipeline.demonstration(case, is_brief=False) == case


def test_the_shares_count_a_brief_answer_as_half_of_what_is_asked(monkeypatch):
    cases = casebook.HELD_OUT[:8]
    brief = [pipeline.demonstration(case, is_brief=True).answer for case in cases]
    wrong = [case.answer.replace(" is a ", " is a master ") for case in cases]
    for answers, shares in ((brief, (1, 0)), (wrong, (0, 0)), ([case.answer for case in cases], (1, 1))):
        found = dict(zip((case.question for case in cases), answers, strict=True))
        monkeypatch.setattr(pipeline, "write", lambda _, asked, found=found: [found[case.question] for case in asked])
        assert pipeline.test(None, cases) == shares


def test_each_recorded_stage_does_what_the_one_before_could_not():
    values = recorded("pipeline")
    assert values["tuned_trade"] > 0.9 > 0.1 > values["pretrained_trade"]
    assert values["reinforced_whole"] > 0.8 > 0.5 > values["tuned_whole"]
    assert values["imitator_whole"] < 0.5
