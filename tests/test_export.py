"""What export.py writes is our model to others: the same scores, the same tokens."""

import pytest
import torch
from safetensors.torch import load_model

from tests.snippet_functions import SNIPPETS, casebook, functions_of, tiny_gpt

export = functions_of("export")
MODELS = {
    "trained": {},
    "several heads": {"hidden_size": 48, "heads": 3, "layers": 3, "context": 160, "vocab_size": 200},
}


@pytest.fixture(params=MODELS)
def both(request, tmp_path):
    """Return a model, what transformers makes of its folder, and the folder."""
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = tiny_gpt.GPT(tiny_gpt.Config(**MODELS[request.param]))
    if request.param == "trained":
        load_model(model, SNIPPETS / "casebook.safetensors")
    else:
        for weight in model.parameters():
            torch.nn.init.normal_(weight, std=0.3)
    export.export(model, tmp_path)
    return model, AutoModelForCausalLM.from_pretrained(tmp_path), tmp_path


@torch.inference_mode()
def test_transformers_computes_the_same_scores(both):
    ours, theirs, _ = both
    tokens = casebook.encode(casebook.HELD_OUT[::27]).inputs
    assert (theirs(tokens).logits - ours(tokens)).abs().max() < 1e-4


def test_transformers_reads_the_same_tokens(both):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(both[2])
    text = "\n" + casebook.HELD_OUT[0].question + casebook.HELD_OUT[0].answer
    assert tokenizer(text)["input_ids"] == casebook.tokenize(text)
    assert tokenizer.decode(casebook.tokenize(text)) == text


def test_no_weight_is_missing_and_none_left_over(both):
    from transformers import AutoModelForCausalLM

    model, found = AutoModelForCausalLM.from_pretrained(both[2], output_loading_info=True)
    assert not found["missing_keys"] and not found["unexpected_keys"] and not found["mismatched_keys"]
    assert model.lm_head.weight is model.gpt_neox.embed_in.weight


def test_heads_that_share_keys_are_refused(tmp_path):
    model = tiny_gpt.GPT(tiny_gpt.Config(heads=2, kv_heads=1))
    with pytest.raises(ValueError, match="kv_heads must be heads, 2: 1"):
        export.export(model, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
