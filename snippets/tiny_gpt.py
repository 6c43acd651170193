"""A GPT to read in one sitting: the model, its KV cache, generation, checkpoints.

Decoder-only transformer: pre-norm, rotary positions (RoPE), output layer tied to the
embedding. Every parameter is part of a matrix that each token is multiplied by, so to
count parameters is to count work.

Shapes: batch B, sequence length T, hidden size D, heads H, head size D / H. Keys and
values may have fewer heads, which share them out among the H (grouped-query attention).
"""

import ctypes
import json
import struct
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """The size of a model."""

    vocab_size: int = 128  # ASCII: one character is one token, no tokenizer to train
    context: int = 128  # the longest sequence, in tokens
    hidden_size: int = 64
    layers: int = 2
    heads: int = 1
    kv_heads: int | None = None  # heads of keys and values; None: as many as heads

    @property
    def head_size(self) -> int:
        """Return D / H."""
        return self.hidden_size // self.heads


class KVCache:
    """The keys and values of the tokens read so far, so that none is computed twice."""

    def __init__(self, config: Config, batch: int, like: Tensor) -> None:
        heads = config.kv_heads or config.heads
        shape = (config.layers, batch, heads, config.context, config.head_size)
        self.keys = torch.zeros(shape, device=like.device, dtype=like.dtype)
        self.values = torch.zeros_like(self.keys)
        self.length = 0  # tokens held, the same for each row

    def place(self, new: int) -> tuple[slice | Tensor, Tensor | None]:
        """Return the positions of so many new tokens, and a mask where they need one.

        Attention's is_causal counts from the first key: right for a whole text, wrong
        for several new tokens after cached ones.
        """
        end = self.length + new
        mask = None
        if self.length and new > 1:
            mask = causal_mask(new, self.length, self.keys.device)
        return slice(self.length, end), mask

    def append(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Store keys and values, (B, H, T, D / H), and return all so far."""
        end = self.length + key.shape[2]
        self.keys[layer, :, :, self.length : end] = key
        self.values[layer, :, :, self.length : end] = value
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]

    def advance(self, new: int) -> None:
        """Count the tokens that each layer has stored."""
        self.length += new


class SlotCache(KVCache):
    """A KV cache whose rows are slots: each holds a text of its own length.

    Fill a slot from the cache of a prompt that was read alone, then decode all slots
    together, one token each a pass. No shape ever changes, so a pass can be compiled.
    Nothing warns when a slot is full: whoever fills a slot must stop in time.
    """

    def __init__(self, config: Config, batch: int, like: Tensor) -> None:
        super().__init__(config, batch, like)
        self.lengths = torch.zeros(batch, dtype=torch.long, device=like.device)
        self.slots = torch.arange(batch, device=like.device)
        self.positions = torch.arange(config.context, device=like.device)
        # A view a layer: without, torch.compile copies the whole cache on each write.
        self.layer_keys = [self.keys[layer] for layer in range(config.layers)]
        self.layer_values = [self.values[layer] for layer in range(config.layers)]

    def fill(self, slot: int, prompt: KVCache, row: int = 0) -> None:
        """Copy a row of a plain cache into a slot, in place of what it held."""
        self.keys[:, slot] = prompt.keys[:, row]
        self.values[:, slot] = prompt.values[:, row]
        self.lengths[slot] = prompt.length

    def place(self, new: int) -> tuple[slice | Tensor, Tensor | None]:
        """Return each slot's next position, (B, 1), and which tokens it may read."""
        if new != 1:
            raise ValueError(f"slots take one token a pass, not {new}; fill them first")
        mask = self.positions <= self.lengths[:, None]  # (B, context)
        return self.lengths[:, None], mask[:, None, None]

    def append(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Store keys and values, (B, H, 1, D / H), and return the whole slots."""
        keys, values = self.layer_keys[layer], self.layer_values[layer]
        keys[self.slots, :, self.lengths] = key[:, :, 0].to(keys.dtype)
        values[self.slots, :, self.lengths] = value[:, :, 0].to(values.dtype)
        return keys, values

    def advance(self, new: int) -> None:
        """Count the token; a full slot stays as it is, and writes over its last."""
        self.lengths.add_(new).clamp_(max=len(self.positions) - 1)


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
        cache: KVCache | None,
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
        return x + self.contract(F.relu(self.expand(normalize(x))))


class GPT(nn.Module):
    """The whole model: tokens in, scores of each next token out."""

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

    def forward(self, tokens: Tensor, cache: KVCache | None = None) -> Tensor:
        """Return the scores (logits) of each next token, (B, T, vocabulary).

        tokens is (B, T). With a cache they continue what it holds, and are added to it.
        """
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


def normalize(x: Tensor) -> Tensor:
    """Layer normalization without learned gain or bias."""
    return F.layer_norm(x, x.shape[-1:])


def rotary_angles(config: Config, base: float = 10_000.0) -> tuple[Tensor, Tensor]:
    """Return cosines and sines, each (context, 1, D / H / 2): one row a position.

    Rotary position embedding: https://arxiv.org/abs/2104.09864
    """
    frequency = base ** (-torch.arange(0, config.head_size, 2) / config.head_size)
    angle = torch.arange(config.context)[:, None, None] * frequency
    return angle.cos(), angle.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each head of x, (B, T, heads, D / H), by angles that grow with position."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


def causal_mask(new: int, start: int, device: torch.device) -> Tensor:
    """Return which tokens each new one may read, (new, start + new) bool."""
    return torch.ones(new, start + new, dtype=torch.bool, device=device).tril(start)


@torch.inference_mode()
def generate(
    model: GPT,
    tokens: Tensor,
    new_tokens: int,
    temperature: float = 0.0,
    stop_token: int | None = None,
) -> Tensor:
    """Continue each row of tokens, (B, T), and return the longer rows.

    Reads the rows in one pass (prefill), then writes one token a pass (decode).
    Temperature 0 takes the likeliest token; above 0 samples. Ends early once every row
    has written stop_token; what a row holds after its stop_token means nothing.
    """
    cache = KVCache(model.config, len(tokens), like=model.embedding.weight)
    stopped = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
    step = tokens  # prefill: the whole prompt in one pass
    for _ in range(new_tokens):
        logits = model(step, cache)[:, -1]
        if temperature == 0:
            step = logits.argmax(-1, keepdim=True)  # from here on (B, 1): decode
        else:
            step = torch.multinomial((logits / temperature).softmax(-1), 1)
        tokens = torch.cat([tokens, step], dim=1)
        if stop_token is not None:
            stopped |= step[:, 0] == stop_token
            if stopped.all():
                break
    return tokens


def tensor_bytes(tensor: Tensor) -> bytes:
    """Return a tensor's values as they lie in memory."""
    tensor = tensor.detach().cpu().contiguous()
    return ctypes.string_at(tensor.data_ptr(), tensor.nbytes)


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write float32 weights as safetensors: a length, a JSON header, then all bytes.

    Format: https://github.com/huggingface/safetensors#format
    """
    header, data = {}, b""
    for name, weight in model.named_parameters():
        start = len(data)
        data += tensor_bytes(weight.float())
        offsets = [start, len(data)]
        shape = list(weight.shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": offsets}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


def load_weights(model: nn.Module, path: str | Path) -> None:
    """Read float32 weights from a safetensors file.

    Raises ValueError for other types, RuntimeError where names or shapes do not fit.
    """
    raw = bytearray(Path(path).read_bytes())
    (length,) = struct.unpack_from("<Q", raw)
    body = raw[8 + length :]
    weights = {}
    for name, entry in json.loads(raw[8 : 8 + length]).items():
        if name != "__metadata__":
            if entry["dtype"] != "F32":
                raise ValueError(
                    f"{path}: {name} is {entry['dtype']}, not float32 (F32)"
                )
            start, end = entry["data_offsets"]
            flat = torch.frombuffer(body[start:end], dtype=torch.float32)
            weights[name] = flat.view(entry["shape"])
    model.load_state_dict(weights)
