# %% setup
"""Write the trained model as a GPT-NeoX of Hugging Face's, which engines can serve."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_model, save_file

from casebook import NEWLINE
from tiny_gpt import GPT, Config

# %% weights
LINEAR = {
    "query_key_value": "attention.query_key_value",
    "project": "attention.dense",
    "expand": "mlp.dense_h_to_4h",
    "contract": "mlp.dense_4h_to_h",
}


def neox_weights(model):
    """Return the weights by GPT-NeoX's names, with gains of one and biases of zero.

    Raises ValueError where heads share keys and values: GPT-NeoX has no place for that.
    """
    config, size = model.config, model.config.hidden_size
    if config.kv_heads not in (None, config.heads):
        raise ValueError(f"kv_heads must be heads, {config.heads}: {config.kv_heads}")
    weights, norms = (
        {"gpt_neox.embed_in.weight": model.embedding.weight},
        ["final_layer_norm"],
    )
    for n, block in enumerate(model.blocks):
        layer = f"layers.{n}."
        norms += [f"{layer}{at}_layernorm" for at in ("input", "post_attention")]
        for ours, theirs in LINEAR.items():
            weights[f"gpt_neox.{layer}{theirs}.weight"] = getattr(block, ours).weight
        # Ours has all queries, then all keys, then all values; theirs goes by head.
        joint = f"gpt_neox.{layer}attention.query_key_value.weight"
        by_head = weights[joint].view(3, config.heads, -1, size).transpose(0, 1)
        weights[joint] = by_head.reshape(3 * size, size)
        for name, width in (
            ("mlp.dense_h_to_4h", 4 * size),
            ("mlp.dense_4h_to_h", size),
        ):
            weights[f"gpt_neox.{layer}{name}.bias"] = torch.zeros(width)
    for norm in norms:
        weights[f"gpt_neox.{norm}.weight"] = torch.ones(size)
        weights[f"gpt_neox.{norm}.bias"] = torch.zeros(size)
    return {name: weight.detach().contiguous() for name, weight in weights.items()}


# %% config
def neox_config(config):
    """Return what tells a GPT-NeoX apart from others of its kind."""
    return {
        "architectures": ["GPTNeoXForCausalLM"],
        "model_type": "gpt_neox",
        "vocab_size": config.vocab_size,
        "max_position_embeddings": config.context,
        "hidden_size": config.hidden_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": 4 * config.hidden_size,
        "hidden_act": "relu",
        "attention_bias": False,
        "use_parallel_residual": False,  # attention first, then the perceptron
        "tie_word_embeddings": True,
        "layer_norm_eps": 1e-5,
        "rotary_pct": 1.0,  # RoPE turns all of a head
        "rotary_emb_base": 10_000,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0}
        | {"partial_rotary_factor": 1.0},
        "bos_token_id": NEWLINE,
        "eos_token_id": NEWLINE,
        "dtype": "float32",
    }


# %% tokenizer
def character_tokenizer(vocab_size):
    """Return a tokenizer of one token a character, and its settings."""
    newline, unknown = chr(NEWLINE), "\0"
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "special": True}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": ord(each), "content": each, "normalized": False} | plain
            for each in (unknown, newline)
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"String": ""}}
        | {"behavior": "Isolated", "invert": False},
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "unk_token": unknown}
        | {"vocab": {chr(code): code for code in range(vocab_size)}},
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": newline,
        "unk_token": unknown,
        "clean_up_tokenization_spaces": False,
        "chat_template": "{% for m in messages %}{{ m['content'] }}{% endfor %}",
    }
    return tokenizer, settings


# %% export
def export(model, folder):
    """Write a model, its configuration and its tokenizer into a folder.

    Raises ValueError where neox_weights() does.
    """
    weights = neox_weights(model)
    tokenizer, settings = character_tokenizer(model.config.vocab_size)
    ends = {"bos_token_id": NEWLINE, "eos_token_id": NEWLINE, "pad_token_id": NEWLINE}
    files = {
        "config.json": neox_config(model.config),
        "generation_config.json": ends | {"do_sample": False, "max_new_tokens": 40},
        "tokenizer.json": tokenizer,
        "tokenizer_config.json": settings | {"model_max_length": model.config.context},
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1))


# %% write
model = GPT(Config())
load_model(model, "casebook.safetensors")  # train.py writes this file
folder = Path("casebook-neox")
export(model, folder)

written = {file.name: file.stat().st_size for file in sorted(folder.iterdir())}
for name, size in written.items():
    print(f"{folder / name!s:<36} {size:>9,} bytes")
weights_added = sum(each.numel() for each in neox_weights(model).values()) - sum(
    weight.numel() for weight in model.parameters()
)
files_written, weights_file_bytes = len(written), written["model.safetensors"]
