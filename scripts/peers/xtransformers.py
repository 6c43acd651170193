"""x-transformers: a decoder with rotary positions and PyTorch's fused attention."""

import torch
from torch import Tensor, nn
from x_transformers import AutoregressiveWrapper, Decoder, TransformerWrapper

from scripts.peers.contestant import Contestant, Reader, Writer, compiled
from scripts.peers.presets import Size


class XTransformers(Contestant):
    """Writes with ``AutoregressiveWrapper.generate`` and its cache, which grows: no graph of fixed shape to compile."""

    name = "x-transformers"
    differs = "GELU, LayerNorm with gain, biases in the perceptron; no output projection where there is a single head"

    def __init__(self, size: Size, device: str, dtype: torch.dtype) -> None:
        layers = Decoder(
            dim=size.hidden_size,
            depth=size.layers,
            heads=size.heads,
            attn_dim_head=size.hidden_size // size.heads,
            rotary_pos_emb=True,
            attn_flash=True,
        )
        self.model = TransformerWrapper(
            num_tokens=size.vocab_size,
            max_seq_len=size.context,
            attn_layers=layers,
            tie_embedding=True,
            use_abs_pos_emb=False,
        ).to(device)
        self.dtype = dtype

    def logits(self, model: nn.Module, tokens: Tensor) -> Tensor:
        return model(tokens)

    def reader(self, mode: str) -> Reader:
        model = self.model.to(self.dtype).eval()

        def read(tokens: Tensor) -> object:
            return model(tokens, return_intermediates=True)

        return compiled(read) if mode == "compiled" else read

    def writers(self, mode: str, batch: int) -> dict[str, Writer]:
        if mode == "compiled":
            return {}
        wrapper = AutoregressiveWrapper(self.model.to(self.dtype).eval())
        return {self.name: lambda prompt, new: wrapper.generate(prompt, new, temperature=0.0, cache_kv=True)}
