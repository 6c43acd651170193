"""Our trained model as ONNX, in the form of a GPT-NeoX: so onnxruntime-web and transformers.js both read it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import torch
from safetensors.torch import load_model
from torch import Tensor, nn

from casebook import HELD_OUT, NEWLINE, detokenize, tokenize
from engine import generate
from scripts.run import ROOT
from tiny_gpt import GPT, Config


class Exported(nn.Module):
    """A pass of the model: tokens, their positions and the cache in; scores and a longer cache out. One text."""

    def __init__(self, model: GPT) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, positions: Tensor, *past: Tensor) -> tuple[Tensor, ...]:
        """Return the scores of each next token, and the keys and values."""
        mask = torch.arange(past[0].shape[2] + tokens.shape[1]) <= positions[0, :, None]
        longer: list[Tensor] = []

        def append(layer: int, *new: Tensor) -> list[Tensor]:
            longer.extend(torch.cat(pair, dim=2) for pair in zip(past[2 * layer : 2 * layer + 2], new))
            return longer[-2:]

        # Its length is 0 to the model's check against the context: a graph has no place for that.
        cache = SimpleNamespace(length=0, place=lambda n: (positions[0], mask), append=append, advance=lambda n: None)
        return self.model(tokens, cache), *longer


def install(folder: Path) -> None:
    """Install what writes ONNX, in the releases of `make bench`, into a folder that Python then looks into last."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = [pin for pin in project["dependency-groups"]["bench"] if pin.partition("==")[0] in ("onnx", "onnxscript")]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, *pins], check=True)
    sys.path.append(str(folder))


def export(folder: Path) -> tuple[str, str]:
    """Write the model and its configuration into a folder. Return a question, and what PyTorch answers."""
    torch.set_num_threads(1)
    config = Config()
    model = GPT(config)
    load_model(model, ROOT / "snippets" / "casebook.safetensors")
    new, held = (torch.export.Dim(name, max=config.context) for name in ("new", "held"))
    kept = [f"{layer}.{kind}" for layer in range(config.layers) for kind in ("key", "value")]
    cache = [torch.zeros(1, config.heads, 5, config.head_size) for _ in kept]
    program = torch.onnx.export(
        Exported(model).eval(),
        (torch.zeros(1, 3, dtype=torch.long), torch.arange(5, 8)[None], *cache),
        input_names=["input_ids", "position_ids", *(f"past_key_values.{name}" for name in kept)],
        output_names=["logits", *(f"present.{name}" for name in kept)],
        dynamic_shapes=({1: new}, {1: new}, tuple({2: held} for _ in kept)),
        verbose=False,
    )
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.onnx").write_bytes(program.model_proto.SerializeToString())
    ends = {"eos_token_id": NEWLINE, "pad_token_id": NEWLINE}
    shape = {"hidden_size": config.hidden_size, "num_attention_heads": config.heads, "num_hidden_layers": config.layers}
    kind = {"model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "vocab_size": config.vocab_size}
    (folder / "config.json").write_text(json.dumps(kind | shape | ends))
    (folder / "generation_config.json").write_text(json.dumps(ends))
    tokens = tokenize("\n" + HELD_OUT[0].question)
    row = generate(model, torch.tensor([tokens]), config.context - len(tokens), stop_token=NEWLINE)[0].tolist()
    return HELD_OUT[0].question, detokenize(row[len(tokens) :])
