"""What a contestant can do, and the jobs made of it. The jobs are the same code for all."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._functorch import config as partitioner

from scripts.bench.presets import Size

Job = Callable[[], object]
Prefill = Callable[[Tensor], object]  # reads rows of tokens, and keeps their keys and values
Generate = Callable[[Tensor, int], Tensor]  # continues rows by so many tokens, the likeliest each time

# For the backward pass the compiler saves, say, which activations were positive, a byte for each. Computing that
# again is quicker on a processor. It holds for every contestant.
partitioner.aggressive_recomputation = True


def inference(function: Callable, *arguments: object) -> Job:
    """Return the call as a job that keeps nothing for a backward pass."""
    return torch.inference_mode()(partial(function, *arguments))


class Contestant(ABC):
    """A model of one library that reads and writes."""

    def __init__(self, name: str, size: Size, device: str) -> None:
        self.name, self.size, self.device = name, size, device

    @abstractmethod
    def prefill(self, mode: str) -> Prefill | None:
        """Return what reads a prompt, or None where this library has no such mode."""

    @abstractmethod
    def generators(self, mode: str, batch: int) -> dict[str, Generate]:
        """Return the ways to write, by the name of their row; none where this library has no such mode."""

    def tokens(self, batch: int, length: int) -> Tensor:
        """Return rows of random tokens, the same for each contestant."""
        generator = torch.Generator().manual_seed(1887)
        return torch.randint(self.size.vocab_size, (batch, length), generator=generator).to(self.device)

    def jobs(self, job: str, mode: str) -> dict[str, Job]:
        """Return what it runs for a section of the table, by the name of the row; nothing where it has no such mode."""
        if job == "train":
            return {}
        if job == "prefill":
            read = self.prefill(mode)
            return {self.name: inference(read, self.tokens(1, self.size.prompt))} if read else {}
        batch = int(job.removeprefix("decode_"))
        given = self.tokens(batch, self.size.start), self.size.new_tokens
        return {name: inference(generate, *given) for name, generate in self.generators(mode, batch).items()}


class TorchContestant(Contestant):
    """A PyTorch model, which can be trained, too, and compiled."""

    read_options: ClassVar[dict[str, bool]] = {}  # with these, a pass keeps its keys and values

    def __init__(self, name: str, model: nn.Module, size: Size, device: str) -> None:
        super().__init__(name, size, device)
        self.model, self.dtype = model.to(device), getattr(torch, size.dtype)
        self.parameters = sum(weight.numel() for weight in model.parameters())

    @staticmethod
    def logits(model: nn.Module, tokens: Tensor) -> Tensor:
        """Return the scores of each next token, (B, T, vocabulary)."""
        return model(tokens)

    def read(self, model: nn.Module, tokens: Tensor) -> object:
        """Read a prompt and keep its keys and values."""
        return model(tokens, **self.read_options)

    def inference_model(self) -> nn.Module:
        """Return a copy of the model as inference uses it."""
        return deepcopy(self.model).to(self.dtype).eval()

    def prefill(self, mode: str) -> Prefill:
        read, model = self.read, self.inference_model()

        def run(tokens: Tensor) -> object:
            return read(model, tokens)

        return torch.compile(run, dynamic=False, disable=mode == "eager")

    def jobs(self, job: str, mode: str) -> dict[str, Job]:
        return {self.name: self.training_step(mode)} if job == "train" else super().jobs(job, mode)

    def training_step(self, mode: str) -> Job:
        """Return a step of training a copy: forward, backward, AdamW. Optimizer and tokens are the same for all."""
        rows = self.tokens(self.size.train_batch, self.size.train_length + 1)
        inputs, targets = rows[:, :-1], rows[:, 1:].flatten()
        logits_of, model = self.logits, deepcopy(self.model).train()
        device, dtype, mixed = self.device, self.dtype, self.dtype is not torch.float32
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

        def loss_on(inputs: Tensor, targets: Tensor) -> Tensor:
            with torch.autocast(device, dtype, enabled=mixed):
                logits = logits_of(model, inputs)
            return F.cross_entropy(logits.flatten(0, 1).float(), targets)

        loss_of = torch.compile(loss_on, dynamic=False, disable=mode == "eager")

        def step() -> None:
            loss_of(inputs, targets).backward()
            optimizer.step()
            optimizer.zero_grad()

        return step
