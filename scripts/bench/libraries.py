"""Hugging Face transformers and x-transformers: models of our size, with random weights."""

from functools import partial
from typing import ClassVar

import torch
import transformers as hf
from torch import Tensor
from x_transformers import AutoregressiveWrapper, Decoder, TransformerWrapper

from scripts.bench.contestant import Generate, TorchContestant
from scripts.bench.presets import Size


class HuggingFace(TorchContestant):
    """A causal language model with ``generate``."""

    read_options: ClassVar = {"use_cache": True}

    def __init__(self, name: str, model: hf.PreTrainedModel, size: Size, device: str) -> None:
        super().__init__(name, model, size, device)
        # No end of text, so that all write equally long. Zero is a token like any other: no row is padded.
        model.generation_config.update(eos_token_id=None, bos_token_id=None, pad_token_id=0, do_sample=False)

    @staticmethod
    def logits(model: hf.PreTrainedModel, tokens: Tensor) -> Tensor:
        return model(tokens, use_cache=False).logits

    def generators(self, mode: str, batch: int) -> dict[str, Generate]:
        """Return ``generate`` with its default cache, which grows, and with its static one, which can be compiled."""
        options = {"cache_implementation": "static", "disable_compile": mode == "eager"}
        if mode == "compiled":
            options["compile_config"] = hf.CompileConfig(mode="default", dynamic=False)
            options["compile_config"]._compile_all_devices = True  # by itself it compiles on a GPU only
        ways = {self.name: partial(generate, self.inference_model())} if mode == "eager" else {}
        return ways | {f"{self.name}, static cache": partial(generate, self.inference_model(), **options)}


def generate(model: hf.PreTrainedModel, prompt: Tensor, new: int, **options: object) -> Tensor:
    """Return rows without padding, continued by so many tokens."""
    return model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=new, **options)


def config(kind: type[hf.PreTrainedConfig], size: Size, **options: float) -> hf.PreTrainedConfig:
    """Return a configuration of this size, in the names that every model of transformers knows."""
    shape = {"hidden_size": size.hidden_size, "num_hidden_layers": size.layers, "num_attention_heads": size.heads}
    return kind(vocab_size=size.vocab_size, max_position_embeddings=size.context, **shape, **options)


def llama(size: Size, device: str) -> HuggingFace:
    """Return the nearest to ours in what it computes: SwiGLU of about as many parameters, RMSNorm with gain."""
    middle = round(8 * size.hidden_size / 3)  # three matrices as large as the two of ours
    model = hf.LlamaForCausalLM(config(hf.LlamaConfig, size, intermediate_size=middle, tie_word_embeddings=True))
    return HuggingFace("transformers Llama", model, size, device)


def gpt2(size: Size, device: str) -> HuggingFace:
    """Return a model with learned positions, GELU, LayerNorm with gain, and biases."""
    dropout = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), 0.0)  # ours has none
    return HuggingFace("transformers GPT-2", hf.GPT2LMHeadModel(config(hf.GPT2Config, size, **dropout)), size, device)


class XTransformers(TorchContestant):
    """GELU, LayerNorm with gain, biases in the perceptron; no output projection where there is a single head."""

    read_options: ClassVar = {"return_intermediates": True}

    def __init__(self, size: Size, device: str) -> None:
        head_size = size.hidden_size // size.heads
        shape = {"dim": size.hidden_size, "depth": size.layers, "heads": size.heads, "attn_dim_head": head_size}
        layers = Decoder(**shape, rotary_pos_emb=True, attn_flash=True)
        options = {"num_tokens": size.vocab_size, "max_seq_len": size.context, "attn_layers": layers}
        model = TransformerWrapper(**options, tie_embedding=True, use_abs_pos_emb=False)
        super().__init__("x-transformers", model, size, device)

    def generators(self, mode: str, batch: int) -> dict[str, Generate]:
        """Return its ``generate``, whose cache grows: no graph of fixed shape to compile."""
        if mode == "compiled":
            return {}
        wrapper = AutoregressiveWrapper(self.inference_model())
        return {self.name: lambda prompt, new: wrapper.generate(prompt, new, temperature=0.0, cache_kv=True)}
