"""Our own model: ``snippets/tiny_gpt.py``, as a reader would use it."""

import torch
from torch import Tensor, nn

from scripts.peers.contestant import Contestant, Reader, Writer, compiled
from scripts.peers.presets import Size
from tiny_gpt import GPT, Config, KVCache, SlotCache, generate

AT_ONCE = 8  # passes in one compiled call: fewer calls, and a longer compilation


class Ours(Contestant):
    """Eager: ``generate`` and its KVCache. Compiled: a pass through SlotCache, whose shapes never change."""

    name = "ours"
    differs = "RoPE, ReLU, LayerNorm without gain, no biases"

    def __init__(self, size: Size, device: str, dtype: torch.dtype) -> None:
        config = Config(size.vocab_size, size.context, size.hidden_size, size.layers, size.heads)
        self.model = GPT(config).to(device)
        self.dtype = dtype

    def logits(self, model: nn.Module, tokens: Tensor) -> Tensor:
        return model(tokens)

    def reader(self, mode: str) -> Reader:
        """Return what fills a KV cache from a prompt."""
        model = self.model.to(self.dtype).eval()

        def read(tokens: Tensor) -> Tensor:
            return model(tokens, KVCache(model.config, len(tokens), model.embedding.weight))

        return compiled(read) if mode == "compiled" else read

    def writers(self, mode: str, batch: int) -> dict[str, Writer]:
        model = self.model.to(self.dtype).eval()
        if mode == "eager":
            return {"ours": lambda prompt, new: generate(model, prompt, new)}
        slots = SlotCache(model.config, batch, model.embedding.weight)

        def passes(token: Tensor, count: int) -> Tensor:
            written = [token]
            for _ in range(count):
                written.append(model(written[-1], slots)[:, -1].argmax(-1, keepdim=True))
            return torch.cat(written[1:], dim=1)

        def writer(at_once: int) -> Writer:
            step = compiled(lambda token: passes(token, at_once))

            def write(prompt: Tensor, new: int) -> Tensor:
                cache = KVCache(model.config, batch, model.embedding.weight)
                written = [model(prompt, cache)[:, -1].argmax(-1, keepdim=True)]
                slots.fill(slice(None), cache, slice(None))  # all slots at once: the texts are equally long
                for _ in range(-(-(new - 1) // at_once)):  # rounded up: the last call may write more than is asked for
                    written.append(step(written[-1][:, -1:]))
                return torch.cat([prompt, *written], dim=1)[:, : prompt.shape[1] + new]

            return write

        ways = {"ours": writer(1)}
        if batch == 1:  # where a call costs more than what it computes
            ways[f"ours, {AT_ONCE} tokens a call"] = writer(AT_ONCE)
        return ways
