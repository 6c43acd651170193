"""What a contestant must be able to do, and the jobs made of it. The jobs are the same code for all."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._functorch import config as partitioner

from scripts.peers.presets import Size
from scripts.peers.timing import Job

Writer = Callable[[Tensor, int], object]  # continues rows of tokens by so many new ones, the likeliest each time
Reader = Callable[[Tensor], object]  # reads rows of tokens, and keeps what decoding would need


# For the backward pass the compiler saves, say, which activations were positive, a byte for each. Computing that
# again is quicker on a processor. It holds for every contestant.
partitioner.aggressive_recomputation = True


def compiled(function: Callable) -> Callable:
    """Return the function compiled for the shapes that it is called with.

    One small graph a job: nothing is left of a former contestant's compilation, and no shape is guessed.
    """
    return torch.compile(function, dynamic=False)


class Contestant(ABC):
    """A model of one library. Subclasses name it, build it, and say how it differs from ours."""

    name: str
    differs: str
    model: nn.Module | None = None  # None: it cannot train

    @property
    def parameters(self) -> int:
        return sum(weight.numel() for weight in self.model.parameters()) if self.model else 0

    @abstractmethod
    def logits(self, model: nn.Module, tokens: Tensor) -> Tensor:
        """Return the scores of each next token, (B, T, vocabulary), by the model or a copy of it."""

    def reader(self, mode: str) -> Reader | None:
        """Return what reads a prompt, or None where this library has no such mode."""
        return None

    def writers(self, mode: str, batch: int) -> dict[str, Writer]:
        """Return the ways to write, by the name of their row; none where this library has no such mode."""
        return {}


def training_step(contestant: Contestant, mode: str, size: Size, device: str, dtype: torch.dtype) -> Job:
    """Return a step of training a copy: forward, backward, AdamW. The same optimizer and the same tokens for all."""
    rows = batch_of(size, size.train_batch, size.train_length + 1, device)
    tokens, targets = rows[:, :-1], rows[:, 1:].flatten()
    model = deepcopy(contestant.model).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    def loss_on(tokens: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(device, dtype, enabled=dtype is not torch.float32):
            logits = contestant.logits(model, tokens)
        return F.cross_entropy(logits.flatten(0, 1).float(), targets)

    loss_of = compiled(loss_on) if mode == "compiled" else loss_on

    def step() -> None:
        loss_of(tokens, targets).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def batch_of(size: Size, batch: int, length: int, device: str) -> Tensor:
    """Return rows of random tokens, the same for each contestant."""
    rows = torch.randint(size.vocab_size, (batch, length), generator=torch.Generator().manual_seed(1887))
    return rows.to(device)


def prefill(contestant: Contestant, mode: str, size: Size, device: str) -> Job | None:
    """Return the reading of one prompt."""
    read = contestant.reader(mode)
    tokens = batch_of(size, 1, size.prompt, device)
    return read and inference(lambda: read(tokens))


def decode(contestant: Contestant, mode: str, size: Size, device: str, batch: int) -> dict[str, Job]:
    """Return the writing of new tokens after a short prompt, which is read as a part of it, by the name of the row."""
    prompt = batch_of(size, batch, size.start, device)
    return {
        name: inference(lambda write=write: write(prompt, size.new_tokens))
        for name, write in contestant.writers(mode, batch).items()
    }


def inference(job: Job) -> Job:
    @torch.inference_mode()
    def run() -> object:
        return job()

    return run
