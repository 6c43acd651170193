"""The GPT that one would write first: learned positions, GELU, LayerNorm with gain. As lean as ours, and not tuned."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from scripts.bench.contestant import Generate, TorchContestant
from scripts.bench.presets import Size


class PlainBlock(nn.Module):
    """Attention and a perceptron, each behind a norm and added to what came in."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList(nn.LayerNorm(size, bias=False) for _ in range(2))
        self.query_key_value = nn.Linear(size, 3 * size, bias=False)
        self.project = nn.Linear(size, size, bias=False)
        self.expand, self.contract = nn.Linear(size, 4 * size, bias=False), nn.Linear(4 * size, size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        B, T, D = x.shape
        parts = self.query_key_value(self.norms[0](x)).split(D, dim=-1)
        q, k, v = (part.view(B, T, self.heads, -1).transpose(1, 2) for part in parts)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.project(y.transpose(1, 2).reshape(B, T, D))
        return x + self.contract(F.gelu(self.expand(self.norms[1](x))))


class PlainGPT(nn.Module):
    """Tokens in, (B, T); scores of each next token out, (B, T, vocabulary). The output layer is the embedding."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size.vocab_size, size.hidden_size)
        self.positions = nn.Embedding(size.context, size.hidden_size)
        self.blocks = nn.Sequential(*(PlainBlock(size.hidden_size, size.heads) for _ in range(size.layers)))
        self.norm = nn.LayerNorm(size.hidden_size, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens) + self.positions(torch.arange(tokens.shape[1], device=tokens.device))
        return F.linear(self.norm(self.blocks(x)), self.embedding.weight)


class Plain(TorchContestant):
    """It is only trained: it has no cache to write with."""

    def __init__(self, size: Size, device: str) -> None:
        super().__init__("plain GPT", PlainGPT(size), size, device)

    def prefill(self, mode: str) -> None:
        return None

    def generators(self, mode: str, batch: int) -> dict[str, Generate]:
        return {}
