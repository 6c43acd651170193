"""How long it takes to learn: our recipe against the same model in the hands of Hugging Face's Trainer."""

import tempfile
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from casebook import HELD_OUT, IGNORE, SOLVED, Batch, encode
from tiny_gpt import GPT, Config

GOAL = 0.99
BATCH, LOOK_EVERY = 16, 20
Learned = tuple[float, bool]  # the seconds of training, and whether it got there: if not, they are too few


class Clock:
    """Counts the seconds of training. It stands still while somebody looks how far the training is."""

    def __init__(self) -> None:
        self.seconds, self.since = 0.0, time.perf_counter()

    def reached(self, model: GPT, held_out: Batch) -> bool:
        """Return whether the model answers enough held-out cases."""
        self.seconds += time.perf_counter() - self.since
        enough = all(accuracy(model, held_out, count) >= GOAL for count in (96, None))  # a few first, then all
        self.since = time.perf_counter()
        return enough


@torch.inference_mode()
def accuracy(model: GPT, cases: Batch, count: int | None) -> float:
    """Return the share of the cases answered without one wrong character."""
    rows = slice(None, None, len(cases.inputs) // count) if count else slice(None)
    inputs, targets, is_answer = (tensor[rows] for tensor in cases)
    guesses = torch.cat([model(part).argmax(-1) for part in inputs.split(32)])
    return ((guesses == targets) | ~is_answer).all(dim=1).float().mean().item()


def loss_on(model: GPT, inputs: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), ignore_index=IGNORE)


def trimmed(inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return rows no longer than the longest of them."""
    length = (targets != IGNORE).sum(dim=1).max()
    return inputs[:, :length], targets[:, :length]


def ours(seed: int, steps: int = 320, warmup: int = 20) -> Learned:
    """Return the seconds that the recipe of ``snippets/train.py`` needs."""
    torch.manual_seed(seed)
    solved, held_out, model = encode(SOLVED), encode(HELD_OUT), GPT(Config())
    optimizers = [
        torch.optim.Muon(model.blocks.parameters(), lr=0.02, weight_decay=0.0),
        torch.optim.AdamW(model.embedding.parameters(), lr=0.02, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(each, lambda step: min(1, (step + 1) / warmup) * (1 - step / steps))
        for each in optimizers
    ]
    epochs = -(-steps * BATCH // len(SOLVED))
    order = torch.cat([torch.randperm(len(SOLVED)) for _ in range(epochs)])
    clock = Clock()
    for step in range(1, steps + 1):
        rows = order[(step - 1) * BATCH : step * BATCH]
        loss_on(model, *trimmed(solved.inputs[rows], solved.targets[rows])).backward()
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        if step % LOOK_EVERY == 0 and clock.reached(model, held_out):
            return clock.seconds, True
    return clock.seconds, False


class ForTrainer(nn.Module):
    """Our model, with the names of arguments that Trainer looks for, and the loss that it asks of a model."""

    def __init__(self) -> None:
        super().__init__()
        self.gpt = GPT(Config())

    def forward(self, input_ids: Tensor, labels: Tensor) -> dict[str, Tensor]:
        return {"loss": loss_on(self.gpt, input_ids, labels)}


class Stop(TrainerCallback):
    """Ends the training when the goal is reached."""

    def __init__(self, model: GPT, held_out: Batch) -> None:
        self.model, self.held_out = model, held_out
        self.reached = False

    def on_train_begin(self, *_: object, **__: object) -> None:
        self.clock = Clock()

    def on_step_end(self, args: object, state: object, control: object, **_: object) -> None:
        if state.global_step % LOOK_EVERY == 0 and self.clock.reached(self.model, self.held_out):
            self.reached = control.should_training_stop = True


def collate(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    inputs, targets = (torch.stack([row[key] for row in rows]) for key in ("input_ids", "labels"))
    inputs, targets = trimmed(inputs, targets)
    return {"input_ids": inputs, "labels": targets}


def trainer(seed: int, steps: int = 1000, rate: float = 1e-2, warmup: int = 50) -> Learned:
    """Return the seconds that Trainer needs: its AdamW and linear schedule, rate and steps tuned on this very task.

    Tried were rates of 0.003 to 0.02, 400 to 1,500 steps, weight decay and clipping: most of them never got there.
    """
    torch.manual_seed(seed)
    solved, held_out, model = encode(SOLVED), encode(HELD_OUT), ForTrainer()
    rows = [{"input_ids": one, "labels": other} for one, other in zip(solved.inputs, solved.targets, strict=True)]
    stop = Stop(model.gpt, held_out)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=BATCH,
            max_steps=steps,
            learning_rate=rate,
            warmup_steps=warmup,
            adam_beta2=0.95,
            weight_decay=0.1,
            seed=seed,
            use_cpu=True,
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = Trainer(model, arguments, train_dataset=rows, data_collator=collate, callbacks=[stop])
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return stop.clock.seconds, stop.reached


LEARNERS: dict[str, Callable[[int], Learned]] = {"ours": ours, "Trainer": trainer}
