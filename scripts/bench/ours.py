"""Our own model: as a reader would use it (``snippets/engine.py``), and exported to ONNX for onnxruntime."""

import tempfile
from collections.abc import Callable
from copy import copy
from types import SimpleNamespace

import onnxruntime
import torch
from onnxruntime import OrtValue
from torch import Tensor, nn
from torch._inductor import aoti_compile_and_package, aoti_load_package

from engine import KVCache, SlotCache, decode, generate, prefill
from scripts.bench.contestant import Contestant, Generate, Prefill, TorchContestant
from scripts.bench.presets import Size
from tiny_gpt import GPT, Config

AT_ONCE = 8  # tokens that one compiled call writes: fewer calls, and a longer compilation


class Ours(TorchContestant):
    """Eager: ``generate`` and its KVCache. Compiled: a pass through SlotCache, whose shapes never change."""

    def __init__(self, size: Size, device: str) -> None:
        config = Config(size.vocab_size, size.context, size.hidden_size, size.layers, size.heads)
        super().__init__("ours", GPT(config), size, device)

    def read(self, model: GPT, tokens: Tensor) -> Tensor:
        return model(tokens, KVCache(model.config, len(tokens), model.embedding.weight))

    def generators(self, mode: str, batch: int) -> dict[str, Generate]:
        model = self.inference_model()
        if mode == "eager":
            return {"ours": lambda prompt, new: generate(model, prompt, new)}
        name = f"ours, {AT_ONCE} tokens a call"  # where a call costs more than what it computes
        slots = SlotCache(model.config, batch, model.embedding.weight)
        ways = {"ours": compiled_generate(model, slots, just_in_time(model, slots, 1))}
        if batch == 1:
            ways[name] = compiled_generate(model, slots, just_in_time(model, slots, AT_ONCE), AT_ONCE)
            ways["ours, AOTInductor"] = compiled_generate(model, slots, ahead_of_time(model, slots))
        return ways


Step = Callable[[Tensor], Tensor]  # the newest token of each row, (B, 1), to the next ones


def just_in_time(model: GPT, slots: SlotCache, at_once: int) -> Step:
    """Return what torch.compile makes of writing so many tokens."""

    @torch.compile(dynamic=False)
    def step(token: Tensor) -> Tensor:
        written = [token]
        for _ in range(at_once):
            written.append(decode(model, written[-1], slots).argmax(-1, keepdim=True))
        return torch.cat(written[1:], dim=1)

    return step


class Pass(nn.Module):
    """A pass as a function of tensors alone, which is what torch.export takes."""

    def __init__(self, model: GPT, slots: SlotCache) -> None:
        super().__init__()
        self.model, self.slots = model, slots

    def forward(self, token: Tensor, lengths: Tensor, keys: list[Tensor], values: list[Tensor]) -> Tensor:
        slots = copy(self.slots)
        slots.lengths, slots.layer_keys, slots.layer_values = lengths, keys, values
        return decode(self.model, token, slots).argmax(-1, keepdim=True)


def ahead_of_time(model: GPT, slots: SlotCache) -> Step:
    """Return a pass as a library in C++ (AOTInductor), with no Python between its operations."""
    cache = slots.lengths, slots.layer_keys, slots.layer_values
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        example = torch.zeros(len(slots.lengths), 1, dtype=torch.long, device=slots.keys.device)
        program = torch.export.export(Pass(model, slots), (example, *cache))
        package = aoti_compile_and_package(program, package_path=f"{folder}/pass.pt2")
        compiled = aoti_load_package(package)
    return lambda token: compiled(token, *cache)


def compiled_generate(model: GPT, slots: SlotCache, step: Step, at_once: int = 1) -> Generate:
    """Return what writes by compiled calls, so many tokens in each."""
    batch = len(slots.lengths)

    def write(prompt: Tensor, new: int) -> Tensor:
        cache = KVCache(model.config, batch, model.embedding.weight)
        written = [prefill(model, prompt, cache).argmax(-1, keepdim=True)]
        slots.fill(slice(None), cache, slice(None))  # all slots at once: the texts are equally long
        for _ in range(-(-(new - 1) // at_once)):  # rounded up: the last call may write more than is asked for
            written.append(step(written[-1][:, -1:]))
        return torch.cat([prompt, *written], dim=1)[:, : prompt.shape[1] + new]

    return write


class Exported(nn.Module):
    """A pass of the model as ONNX can hold it: tokens, their positions and the cache in, next tokens and cache out."""

    def __init__(self, model: GPT) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: Tensor, positions: Tensor, *past: Tensor) -> tuple[Tensor, ...]:
        """Return the likeliest next token of each row, (B, 1), and the keys and values, one token longer each."""
        mask = torch.arange(past[0].shape[2] + tokens.shape[1]) <= positions[:, None]
        longer: list[Tensor] = []

        def append(layer: int, *new: Tensor) -> list[Tensor]:
            longer.extend(torch.cat(pair, dim=2) for pair in zip(past[2 * layer : 2 * layer + 2], new))
            return longer[-2:]

        # Its length is 0 to the model's check against the context: a graph has no place for that.
        cache = SimpleNamespace(length=0, place=lambda new: (positions, mask), append=append, advance=lambda new: None)
        return self.model(tokens, cache)[:, -1:].argmax(-1), *longer


class OnnxRuntime(Contestant):
    """One session for reading and writing; inputs and outputs stay in its own memory (IO binding)."""

    def __init__(self, model: GPT, size: Size) -> None:
        super().__init__("onnxruntime", size, "cpu")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self.session = onnxruntime.InferenceSession(self.export(model), options, ["CPUExecutionProvider"])
        self.inputs = [each.name for each in self.session.get_inputs()]
        self.outputs = [each.name for each in self.session.get_outputs()]

    def empty_cache(self, batch: int, length: int = 0) -> list[Tensor]:
        """Return the cache of a text, every tensor its own: the exporter would merge two inputs that are one."""
        shape = (batch, self.size.heads, length, self.size.hidden_size // self.size.heads)
        return [torch.zeros(shape) for _ in range(2 * self.size.layers)]

    def export(self, model: GPT) -> bytes:
        """Return the model as ONNX, for any number of rows, of new tokens and of tokens in the cache."""
        batch, new, held = (torch.export.Dim(name, max=self.size.context) for name in ("batch", "new", "held"))
        inputs = torch.zeros(2, 3, dtype=torch.long), torch.arange(5, 8), *self.empty_cache(2, 5)
        shapes = {0: batch, 1: new}, {0: new}, tuple({0: batch, 2: held} for _ in inputs[2:])
        program = torch.onnx.export(Exported(model).eval(), inputs, dynamic_shapes=shapes, verbose=False)
        return program.model_proto.SerializeToString()

    def run(self, tokens: Tensor, start: int, cache: list[OrtValue]) -> tuple[Tensor, list[OrtValue]]:
        """Return the next tokens and the longer cache, which stays as it lies in the session's memory."""
        binding = self.session.io_binding()
        positions = torch.arange(start, start + tokens.shape[1])
        for name, value in zip(self.inputs, [*ort_values(tokens, positions), *cache], strict=True):
            binding.bind_ortvalue_input(name, value)
        for name in self.outputs:
            binding.bind_output(name)
        self.session.run_with_iobinding(binding)
        token, *longer = binding.get_outputs()
        return torch.from_numpy(token.numpy()), longer

    def read(self, tokens: Tensor) -> tuple[Tensor, list[OrtValue]]:
        """Return the next tokens after a prompt, and its cache."""
        return self.run(tokens, 0, ort_values(*self.empty_cache(len(tokens))))

    def prefill(self, mode: str) -> Prefill | None:
        return self.read if mode == "eager" else None

    def generators(self, mode: str, batch: int) -> dict[str, Generate]:
        """Return its one way to write: it stands against eager and compiled alike."""
        return {self.name: self.generate}

    def generate(self, prompt: Tensor, new: int) -> Tensor:
        """Return the rows continued by so many tokens."""
        token, cache = self.read(prompt)
        written = [prompt, token]
        for position in range(prompt.shape[1], prompt.shape[1] + new - 1):
            token, cache = self.run(token, position, cache)
            written.append(token)
        return torch.cat(written, dim=1)


def ort_values(*tensors: Tensor) -> list[OrtValue]:
    """Return tensors as onnxruntime takes them."""
    return [OrtValue.ortvalue_from_numpy(tensor.numpy()) for tensor in tensors]
