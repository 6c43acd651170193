"""LoRA as ``snippets/fine_tuning.py`` writes it out, against Hugging Face's peft: one start, the same batches."""

from contextlib import chdir

import torch
from peft import LoraConfig, get_peft_model

from scripts.common import ROOT


def against_peft(seed: int) -> dict[str, float]:
    """Return what fine-tuning by peft takes and gives, and the largest difference between its scores and ours."""
    threads = torch.get_num_threads()
    with chdir(ROOT / "snippets"):  # where the trained weights are
        import fine_tuning as own

        torch.manual_seed(seed)
        ours = own.add_lora(own.finished_model(), own.rank)
        layers = {name.rpartition(".")[0]: module for name, module in ours.named_modules() if name.endswith(".down")}
        options = {"r": own.rank, "lora_alpha": 2 * own.rank, "lora_dropout": 0.0}  # peft scales by alpha / r
        theirs = get_peft_model(own.finished_model(), LoraConfig(target_modules=list(layers), **options))
        for name, down in layers.items():
            theirs.base_model.model.get_submodule(name).lora_A["default"].load_state_dict(down.state_dict())
        found = []
        for model in (ours, theirs):
            torch.manual_seed(seed)  # so that both see the same batches
            found.append(own.measure(model, own.news, learning_rate=1e-2))
        with torch.inference_mode():
            questions = own.old_test.inputs
            difference = (ours(questions) - theirs(questions)).abs().max().item()
    torch.set_num_threads(threads)  # the snippet takes one
    trained, adam_bytes, flops, _, new, old = found[1]
    return {
        "peft_trained": trained,
        "peft_adam_bytes": adam_bytes,
        "peft_flops": flops,
        "peft_new": new,
        "peft_old": old,
    } | {"lora_new": found[0][4], "lora_old": found[0][5], "peft_difference": difference}
