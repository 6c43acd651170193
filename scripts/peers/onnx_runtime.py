"""onnxruntime: our own model and weights, exported to ONNX, its KV cache passed in and out of each call."""

import logging
import tempfile
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor, nn

from scripts.peers.contestant import Contestant, Reader, Writer
from scripts.peers.presets import Size
from tiny_gpt import GPT, Config

logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns of libraries that nothing here needs


class GrowingCache:
    """The keys and values of each layer, longer with each pass: what an exported model can take and return."""

    def __init__(self, layers: list[tuple[Tensor, Tensor]]) -> None:
        self.layers = layers
        self.length = layers[0][0].shape[2]
        self.keys = layers[0][0]  # for its device

    def append(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        keys, values = self.layers[layer]
        self.layers[layer] = torch.cat([keys, key], dim=2), torch.cat([values, value], dim=2)
        return self.layers[layer]


class Exported(nn.Module):
    """A pass of the model as ONNX can hold it: tokens, their positions and the cache in, next tokens and cache out."""

    def __init__(self, model: GPT) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, positions: Tensor, *cache: Tensor) -> tuple[Tensor, ...]:
        """Return the likeliest next token of each row, (B, 1), and the longer cache."""
        model = self.model
        held = GrowingCache(list(zip(cache[::2], cache[1::2], strict=True)))
        every = torch.arange(cache[0].shape[2] + tokens.shape[1])
        mask = every[None] <= positions[:, None]
        rotation = model.cos[positions], model.sin[positions]
        x = model.embedding(tokens)
        for layer, block in enumerate(model.blocks):
            x = block(x, rotation, mask, layer, held)
        last = nn.functional.layer_norm(x[:, -1:], x.shape[-1:])
        token = (last @ model.embedding.weight.T).argmax(-1)
        return token, *(each for pair in held.layers for each in pair)


class OnnxRuntime(Contestant):
    """One session for reading and writing; inputs and outputs stay in its own memory (IO binding)."""

    name = "onnxruntime"
    differs = "our model and weights"

    def __init__(self, size: Size, model: GPT, threads: int) -> None:
        self.layers = size.layers
        self.config: Config = model.config
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            self.export(model, path)
            self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def names(self, prefix: str) -> list[str]:
        return [f"{prefix}_{kind}_{layer}" for layer in range(self.layers) for kind in ("key", "value")]

    def cache(self, batch: int, length: int) -> list[Tensor]:
        """Return a cache of so many tokens, every tensor its own: the exporter would merge two inputs that are one."""
        shape = (batch, self.config.kv_heads or self.config.heads, length, self.config.head_size)
        return [torch.zeros(shape) for _ in range(2 * self.layers)]

    def export(self, model: GPT, path: Path) -> None:
        batch, new, held = (torch.export.Dim(name, max=self.config.context) for name in ("batch", "new", "held"))
        inputs = (torch.zeros(2, 3, dtype=torch.long), torch.arange(5, 8), *self.cache(2, 5))
        shapes = ({0: batch, 1: new}, {0: new}, tuple({0: batch, 2: held} for _ in range(2 * self.layers)))
        torch.onnx.export(
            Exported(model).eval(),
            inputs,
            path,
            input_names=["tokens", "positions", *self.names("past")],
            output_names=["next", *self.names("present")],
            dynamic_shapes=shapes,
            dynamo=True,
            verbose=False,
        )

    def logits(self, model: nn.Module, tokens: Tensor) -> Tensor:
        raise NotImplementedError("onnxruntime runs inference only")

    def call(self, tokens: Tensor, start: int, cache: list) -> tuple[Tensor, list]:
        """Run one pass; the cache goes in and comes out as it lies in the session's memory."""
        binding = self.session.io_binding()
        positions = torch.arange(start, start + tokens.shape[1])
        given = [onnxruntime.OrtValue.ortvalue_from_numpy(each.numpy()) for each in (tokens, positions)]
        for name, value in zip(["tokens", "positions", *self.names("past")], [*given, *cache], strict=True):
            binding.bind_ortvalue_input(name, value)
        for name in ["next", *self.names("present")]:
            binding.bind_output(name)
        self.session.run_with_iobinding(binding)
        token, *longer = binding.get_outputs()
        return torch.from_numpy(token.numpy()), longer

    def empty(self, batch: int) -> list:
        return [onnxruntime.OrtValue.ortvalue_from_numpy(each.numpy()) for each in self.cache(batch, 0)]

    def reader(self, mode: str) -> Reader | None:
        return None if mode == "compiled" else lambda tokens: self.call(tokens, 0, self.empty(len(tokens)))

    def writers(self, mode: str, batch: int) -> dict[str, Writer]:
        """Return its one way to write: it stands against eager and compiled alike."""

        def write(prompt: Tensor, new: int) -> Tensor:
            token, cache = self.call(prompt, 0, self.empty(batch))
            written = [token]
            for place in range(prompt.shape[1], prompt.shape[1] + new - 1):
                token, cache = self.call(token, place, cache)
                written.append(token)
            return torch.cat([prompt, *written], dim=1)

        return {self.name: write}
