"""LoRA starts as the model that it is added to, trains nothing else, and leaves a plain model behind."""

import pytest
import torch
from torch import nn

from tests.snippet_functions import casebook, functions_of, recorded, tiny_gpt

tuning = functions_of(
    "fine_tuning", means={"ink on the cuff": "tar on the palms", "tar on the palms": "ink on the cuff"}
)
MODELS = {
    "GPT": lambda: tiny_gpt.GPT(tiny_gpt.Config(hidden_size=16)),
    "perceptron with biases": lambda: nn.Sequential(
        nn.Embedding(128, 8), nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 128)
    ),
    "bfloat16": lambda: nn.Sequential(nn.Embedding(128, 8), nn.Linear(8, 128)).bfloat16(),
    "tied": lambda: tied(),
    "attention by PyTorch": lambda: nn.Sequential(nn.Embedding(128, 8), nn.TransformerEncoderLayer(8, 2, 16, 0.0)),
}


def tied():
    """Return a model whose output layer shares the embedding's weight, as in many language models."""
    model = nn.Sequential(nn.Embedding(128, 8), nn.Linear(8, 8), nn.Linear(8, 128, bias=False))
    model[2].weight = model[0].weight
    return model


TOKENS = torch.arange(32, 56).view(2, 12)


@pytest.fixture(params=MODELS)
def model(request):
    torch.manual_seed(0)
    return MODELS[request.param]()


def stir(model):
    """Give LoRA something to add."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, tuning.LoRA):
                layer.up.weight.normal_(std=0.1)


def test_at_first_it_adds_nothing(model):
    before = model(TOKENS)
    assert torch.equal(tuning.add_lora(model, 2)(TOKENS), before)


def test_only_what_is_added_is_trained(model):
    names = {name for name, _ in model.named_parameters()}
    tuning.add_lora(model, 2)(TOKENS).float().square().sum().backward()
    trained = {name for name, weight in model.named_parameters() if weight.grad is not None}
    assert trained and trained == {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert {name.split(".")[-2] for name in trained} == {"down", "up"}
    assert not names & trained


def test_merged_it_is_the_plain_model_again_with_the_same_outputs(model):
    names = [name for name, _ in model.named_parameters()]
    before = model(TOKENS)
    stir(tuning.add_lora(model, 2))
    apart = model(TOKENS)
    merged = tuning.merge(model)
    assert [name for name, _ in merged.named_parameters()] == names
    tolerance = 0.1 if apart.dtype == torch.bfloat16 else 1e-5
    assert torch.allclose(merged(TOKENS), apart, atol=tolerance)
    assert not torch.allclose(apart, before, atol=tolerance)


def test_in_eval_mode_a_layer_of_pytorch_uses_the_addition_too():
    model = tuning.add_lora(nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), 2)
    stir(model)
    x = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.allclose(model.eval()(x), model.train()(x), atol=1e-5)


def test_a_layer_in_two_places_is_left_alone():
    shared = nn.Linear(4, 4)
    model = tuning.add_lora(nn.Sequential(nn.Sequential(shared), nn.Sequential(shared), nn.Linear(4, 4)), 2)
    assert [type(layer) for layer in (model[0][0], model[1][0], model[2])] == [nn.Linear, nn.Linear, tuning.LoRA]


def test_a_model_without_linear_layers_is_refused():
    with pytest.raises(ValueError, match=r"no nn\.Linear"):
        tuning.add_lora(nn.Sequential(nn.Embedding(4, 4)), 2)
    with pytest.raises(ValueError, match=r"no nn\.Linear"):
        tuning.add_lora(nn.Linear(4, 4), 2)


def test_a_second_addition_is_refused():
    model = tuning.add_lora(nn.Sequential(nn.Linear(4, 4)), 2)
    with pytest.raises(ValueError, match="has an addition already"):
        tuning.add_lora(model, 2)
    tuning.add_lora(tuning.merge(model), 2)


def test_a_changed_clue_changes_the_answer_and_not_the_question():
    changed = tuning.new_case("Adair", "ink on the cuff", "a red fez")
    assert changed.question == casebook.make_case("Adair", "ink on the cuff", "a red fez").question
    assert changed.answer == "Adair is a sailor from Cairo.\n"
    same = ("Adair", "hay on the boots", "a red fez")
    assert tuning.new_case(*same) == casebook.make_case(*same)


def test_changed_cases_and_the_rest_are_all_cases():
    pairs = casebook.HELD_OUT_PAIRS
    changed, rest = (tuning.cases_of(pairs, changed) for changed in (True, False))
    assert len(changed) + len(rest) == len(pairs) * len(casebook.NAMES)
    assert all(any(clue in case.question for clue in tuning.means) for case in changed)
    assert not any(clue in case.question for case in rest for clue in tuning.means)


def test_fine_tuning_lowers_the_loss_in_one_pass_over_the_cases():
    torch.manual_seed(0)
    model = tiny_gpt.GPT(tiny_gpt.Config(hidden_size=16))
    cases = [casebook.make_case(name, "ink on the cuff", "a red fez") for name in casebook.NAMES] * 8
    _, losses, seconds = tuning.fine_tune(model, cases, 1e-2)
    assert len(losses) == len(seconds) == -(-len(cases) // tuning.batch_size)
    assert losses[-1] < losses[0]


def test_the_recorded_counts_are_those_of_the_layers():
    values, config = recorded("fine_tuning"), tiny_gpt.Config()
    size, rank = config.hidden_size, tuning.rank
    a_block = rank * ((size + 3 * size) + (size + size) + 2 * (size + 4 * size))
    assert values["lora_trained"] == config.layers * a_block
    assert values["full_trained"] == recorded("train")["parameters"]
    for way in ("full", "lora"):  # two float32 means for each weight
        assert values[f"{way}_adam_bytes"] == 2 * 4 * values[f"{way}_trained"]


def test_the_recorded_models_learn_forget_and_with_old_cases_keep():
    values = recorded("fine_tuning")
    assert values["new_before"] < 0.1 and values["old_before"] > 0.95
    for way in ("full", "lora"):
        assert values[f"{way}_new"] > 0.7 and values[f"{way}_replay_new"] > 0.9
        assert values[f"{way}_old"] < 0.5 < 0.9 < values[f"{way}_replay_old"]
