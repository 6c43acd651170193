"""Hugging Face transformers: Llama and GPT-2, from a configuration of our size, with random weights."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from transformers import CompileConfig, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel
from transformers.utils import logging

from scripts.peers.contestant import Contestant, Reader, Writer, compiled
from scripts.peers.presets import Size

logging.set_verbosity_error()


class HuggingFace(Contestant):
    """A causal language model with ``generate``."""

    model: PreTrainedModel

    def __init__(self, model: PreTrainedModel, device: str, dtype: torch.dtype) -> None:
        self.model = model.to(device)
        self.dtype = dtype
        # No end of text, so that all write equally long. Zero is a token like any other: no row is padded.
        self.model.generation_config.update(eos_token_id=None, bos_token_id=None, pad_token_id=0, do_sample=False)

    def logits(self, model: nn.Module, tokens: Tensor) -> Tensor:
        return model(tokens, use_cache=False).logits

    def reader(self, mode: str) -> Reader:
        model = self.model.to(self.dtype).eval()

        def read(tokens: Tensor) -> object:
            return model(tokens, use_cache=True)

        return compiled(read) if mode == "compiled" else read

    def writers(self, mode: str, batch: int) -> dict[str, Writer]:
        """Return ``generate`` with its default cache, which grows, and with its static one, which can be compiled."""
        static = deepcopy(self.model).to(self.dtype).eval()
        options = {"cache_implementation": "static", "disable_compile": mode == "eager"}
        if mode == "compiled":
            options["compile_config"] = CompileConfig(mode="default", dynamic=False)
            options["compile_config"]._compile_all_devices = True  # by itself it compiles on a GPU only
        name = f"{self.name}, static cache"
        ways = {name: lambda prompt, new: generate(static, prompt, new, **options)}
        if mode == "eager":
            model = self.model.to(self.dtype).eval()
            ways = {self.name: lambda prompt, new: generate(model, prompt, new), **ways}
        return ways


def generate(model: PreTrainedModel, prompt: Tensor, new: int, **options: object) -> Tensor:
    """Continue rows that have no padding."""
    return model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=new, **options)


class Llama(HuggingFace):
    """``LlamaForCausalLM``: the nearest to ours in what it computes."""

    name = "transformers Llama"
    differs = "SwiGLU of about as many parameters, RMSNorm with gain"

    def __init__(self, size: Size, device: str, dtype: torch.dtype) -> None:
        config = LlamaConfig(
            vocab_size=size.vocab_size,
            hidden_size=size.hidden_size,
            intermediate_size=round(8 * size.hidden_size / 3),  # three matrices as large as the two of ours
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            max_position_embeddings=size.context,
            tie_word_embeddings=True,
        )
        super().__init__(LlamaForCausalLM(config), device, dtype)


class Gpt2(HuggingFace):
    """``GPT2LMHeadModel``."""

    name = "transformers GPT-2"
    differs = "learned positions, GELU, LayerNorm with gain, biases"

    def __init__(self, size: Size, device: str, dtype: torch.dtype) -> None:
        config = GPT2Config(
            vocab_size=size.vocab_size,
            n_positions=size.context,
            n_embd=size.hidden_size,
            n_layer=size.layers,
            n_head=size.heads,
            resid_pdrop=0.0,  # ours has no dropout
            embd_pdrop=0.0,
            attn_pdrop=0.0,
        )
        super().__init__(GPT2LMHeadModel(config), device, dtype)
