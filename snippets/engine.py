"""What uses a GPT: the KV cache, prefill, decode, generation.

Shapes: batch B, sequence length T, hidden size D, heads H, head size D / H.
"""

import torch
from torch import Tensor

from tiny_gpt import GPT, Config, check_tokens


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
        for several new tokens after cached ones. Raises ValueError where they do not
        fit, as into a cache made for a model of shorter context.
        """
        end, room = self.length + new, self.keys.shape[3]
        if end > room:
            raise ValueError(f"{end} tokens do not fit in a cache for {room}")
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
        """Copy a row of a plain cache into a slot, in place of what it held.

        Raises ValueError for a prompt after which the slot has no room for a token, for
        an empty one, and for the cache of a model of another shape.
        """
        new, room = prompt.length, len(self.positions)
        if not 0 < new < room:
            raise ValueError(
                f"a slot for {room} takes 1 to {room - 1} tokens, not {new}"
            )
        if prompt.keys[:, 0, :, 0].shape != self.keys[:, 0, :, 0].shape:
            raise ValueError("the cache of a prompt must be of the same model")
        self.keys[:, slot, :, :new] = prompt.keys[:, row, :, :new]
        self.values[:, slot, :, :new] = prompt.values[:, row, :, :new]
        self.lengths[slot] = new

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


def prefill(model: GPT, tokens: Tensor, cache: KVCache) -> Tensor:
    """Read whole prompts, (B, T), in one pass; return the scores of the next token.

    The scores (logits) are (B, vocabulary). The cache holds the prompts afterwards. On
    the way every position is scored: with a large vocabulary, that takes much memory.
    """
    return model(tokens, cache)[:, -1]


def decode(model: GPT, token: Tensor, cache: KVCache) -> Tensor:
    """Read the newest token of each row, (B, 1); return the scores of the one after it.

    The scores (logits) are (B, vocabulary). All before it come from the cache.
    """
    return model(token, cache)[:, -1]


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

    Raises ValueError where check_request does, for a temperature below 0 or not finite,
    and where the context is full before every row has written its stop_token.
    """
    check_request(model, tokens, new_tokens, stop_token)
    check_temperature(temperature)
    step, written = tokens, []
    with torch.inference_mode():
        cache = KVCache(model.config, len(tokens), like=model.embedding.weight)
        stopped = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
        for _ in range(new_tokens):
            read = decode if written else prefill
            logits = read(model, step, cache)
            step = sample(logits, temperature)
            written.append(step)
            if stop_token is not None:
                stopped |= step[:, 0] == stop_token
                if stopped.all():
                    break
    # Joined out here: autograd refuses what is made in inference_mode.
    return torch.cat([tokens, *written], dim=1)


def sample(logits: Tensor, temperature: float) -> Tensor:
    """Draw a token from each row of scores, (B, vocabulary); return them, (B, 1).

    Temperature 0 takes the likeliest. However cold, that one keeps a score of 0 and
    none overflows. Less than 1e-30 is as cold, and may have no inverse in float32.
    Raises ValueError for a temperature below 0 or not finite.
    """
    check_temperature(temperature)
    if temperature == 0:
        return logits.argmax(-1, keepdim=True)
    scores = logits - logits.amax(-1, keepdim=True)
    return torch.multinomial((scores / max(temperature, 1e-30)).softmax(-1), 1)


def check_temperature(temperature: float) -> None:
    """Raise ValueError unless it is finite, 0 or more."""
    if not 0 <= temperature < float("inf"):  # so not NaN either
        raise ValueError(f"temperature must be finite, 0 or more, not {temperature}")


def check_request(
    model: GPT, tokens: Tensor, new_tokens: int, stop_token: int | None
) -> None:
    """Raise ValueError where so many new tokens cannot follow rows of tokens, (B, T).

    With a stop_token the text may end in time, so only what is there has to fit.
    """
    check_tokens(tokens)
    if not isinstance(stop_token, int | None):
        raise ValueError(f"stop_token must be one token, a number: {stop_token!r}")
    if not isinstance(new_tokens, int) or new_tokens < 0:
        raise ValueError(f"new_tokens must be a whole number, 0 or more: {new_tokens}")
    end = tokens.shape[1] + new_tokens - 1  # the last token is written, never read
    if stop_token is None and end > model.config.context:
        raise ValueError(
            f"{end} tokens do not fit in a context of {model.config.context}; "
            "shorten the text or new_tokens"
        )


def causal_mask(new: int, start: int, device: torch.device) -> Tensor:
    """Return which tokens each new one may read, (new, start + new) bool."""
    return torch.ones(new, start + new, dtype=torch.bool, device=device).tril(start)
