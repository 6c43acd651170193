"""A GPT to read in one sitting.

Decoder-only transformer: pre-norm, rotary positions (RoPE), output layer tied to the
embedding. Every parameter is part of a matrix that each token is multiplied by, so to
count parameters is to count work.

Shapes: batch B, sequence length T, hidden size D, heads H, head size D / H. Keys and
values may have fewer heads, which share them out among the H (grouped-query attention).

What uses the model, and keeps keys and values between passes, is in engine.py.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """The size of a model. Raises ValueError for sizes that make no model.

    A head's size is even, too: RoPE turns its numbers in pairs.
    """

    vocab_size: int = 128  # ASCII: one character is one token, no tokenizer to train
    context: int = 128  # the longest sequence, in tokens
    hidden_size: int = 64
    layers: int = 2
    heads: int = 1
    kv_heads: int | None = None  # heads of keys and values; None: as many as heads

    def __post_init__(self) -> None:
        size, heads = self.hidden_size, self.heads
        groups = heads if self.kv_heads is None else self.kv_heads
        sizes = self.vocab_size, self.context, self.layers, size, heads, groups
        if min(sizes) < 1 or not all(isinstance(each, int) for each in sizes):
            raise ValueError(f"sizes must be whole numbers, 1 or more: {self}")
        if size % (2 * heads) or heads % groups:
            raise ValueError(
                f"hidden_size {size} must be a multiple of twice the heads, {heads}, "
                f"and heads of kv_heads, {groups}"
            )

    @property
    def head_size(self) -> int:
        """Return D / H."""
        return self.hidden_size // self.heads


class Block(nn.Module):
    """Attention, then a two-layer perceptron, each added to what came in."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        size = config.hidden_size
        self.heads, self.kv_heads = config.heads, config.kv_heads or config.heads
        all_heads = self.heads + 2 * self.kv_heads
        width = all_heads * config.head_size
        self.query_key_value = nn.Linear(size, width, bias=False)
        self.project = nn.Linear(size, size, bias=False)
        self.expand = nn.Linear(size, 4 * size, bias=False)
        self.contract = nn.Linear(4 * size, size, bias=False)

    def forward(
        self,
        x: Tensor,
        rotation: tuple[Tensor, Tensor],
        mask: Tensor | None,
        layer: int,
        cache: Any,
    ) -> Tensor:
        """Return x, (B, T, D), with what this block adds to it."""
        B, T, D = x.shape
        H, G = self.heads, self.kv_heads
        qkv = self.query_key_value(normalize(x)).view(B, T, H + 2 * G, -1)
        qk, v = qkv.split([H + G, G], dim=2)
        qk = rotate(qk, *rotation).transpose(1, 2)  # (B, H + G, T, D / H)
        q, k = qk.split([H, G], dim=1)
        v = v.transpose(1, 2)
        if cache is not None:
            k, v = cache.append(layer, k, v)
        is_causal = T > 1 and mask is None
        y = F.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=is_causal, enable_gqa=G < H
        )
        x = x + self.project(y.transpose(1, 2).reshape(B, T, D))
        hidden = F.relu(self.expand(normalize(x)), inplace=True)  # (B, T, 4 D)
        return x + self.contract(hidden)


class GPT(nn.Module):
    """The whole model: tokens in, scores of each next token out.

    Its tables of angles are in no file of weights: build it on a device that holds
    numbers, not on "meta".
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        cos, sin = rotary_angles(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for weight in self.parameters():
            nn.init.normal_(weight, std=0.02)
        for block in self.blocks:  # smaller, because these all add to the same sum
            for linear in (block.project, block.contract):
                nn.init.normal_(linear.weight, std=0.02 / (2 * config.layers) ** 0.5)

    def forward(self, tokens: Tensor, cache: Any = None) -> Tensor:
        """Return the scores (logits) of each next token, (B, T, vocabulary).

        tokens is (B, T). With a cache of engine.py they continue what it holds, and are
        added to it. Raises ValueError where they do not fit into the context, or are
        no rows of tokens.
        """
        check_tokens(tokens)
        new = tokens.shape[1]
        end = new + (cache.length if cache is not None else 0)
        if end > self.config.context:
            raise ValueError(
                f"{end} tokens do not fit in a context of {self.config.context}; "
                "shorten the text"
            )
        positions, mask = cache.place(new) if cache is not None else (slice(new), None)
        rotation = self.cos[positions], self.sin[positions]
        x = self.embedding(tokens)
        for layer, block in enumerate(self.blocks):
            x = block(x, rotation, mask, layer, cache)
        if cache is not None:
            cache.advance(new)
        return F.linear(normalize(x), self.embedding.weight)


def check_tokens(tokens: Tensor) -> None:
    """Raise ValueError unless these are rows of tokens, (B, T), with one or more."""
    is_whole = tokens.dtype in (torch.int32, torch.int64)
    if tokens.ndim != 2 or tokens.numel() == 0 or not is_whole:
        raise ValueError(
            "tokens must be (rows, length) of int64, with one token or more, "
            f"not {tuple(tokens.shape)} of {tokens.dtype}"
        )


def normalize(x: Tensor) -> Tensor:
    """Layer normalization without learned gain or bias."""
    return F.layer_norm(x, x.shape[-1:])


def rotary_angles(config: Config, base: float = 10_000.0) -> tuple[Tensor, Tensor]:
    """Return cosines and sines, each (context, 1, D / H): one row a position.

    Rotary position embedding: https://arxiv.org/abs/2104.09864
    """
    # In float32 whatever the default type: in bfloat16, far positions would be one.
    steps = torch.arange(0, config.head_size, 2, dtype=torch.float32)
    positions = torch.arange(config.context, dtype=torch.float32)
    frequency = base ** (-steps / config.head_size)
    angle = positions[:, None, None] * frequency
    return angle.cos().repeat(1, 1, 2), torch.cat([-angle.sin(), angle.sin()], dim=-1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each head of x, (B, T, heads, D / H), by angles that grow with position.

    A number of its first half and one of its second are a point in a plane: (a, b)
    becomes (a cos - b sin, b cos + a sin).
    """
    return torch.addcmul(x * cos, x.roll(x.shape[-1] // 2, dims=-1), sin)
