"""What is measured: the sizes of the models, and how much text each job is given."""

from dataclasses import dataclass

BATCH = 32
JOBS = ("train", "prefill", "decode_1", f"decode_{BATCH}")
MODES = ("eager", "compiled")
GOAL = 0.99  # share of the held-out cases at which learning ends


@dataclass(frozen=True)
class Size:
    """One configuration, the same for every contestant."""

    name: str
    hidden_size: int
    layers: int
    heads: int
    context: int = 128
    vocab_size: int = 128
    train_batch: int = 16
    train_length: int = 96  # about as long as a case of casebook.py
    prompt: int = 64  # tokens that prefill reads
    start: int = 16  # tokens that decode continues
    new_tokens: int = 32
    dtype: str = "float32"


@dataclass(frozen=True)
class Preset:
    """A run: all are timed in ``sizes``, ours alone in ``large``.

    Both learners learn with each of ``seeds``; how good ours is in the end is seen over ``recipe_seeds``.
    """

    sizes: tuple[Size, ...]
    large: Size
    seeds: tuple[int, ...] = ()
    recipe_seeds: range = range(0)
    most_steps: int = 1000
    rounds: int = 15
    threads: int = 2


SMALL = Size("small", hidden_size=64, layers=2, heads=1)
MIDDLE = Size("middle", hidden_size=256, layers=4, heads=4)
LARGE = Size("large", 768, 8, 12, context=1024, train_batch=2, train_length=256, prompt=512)
GPT2 = Size("gpt2", 768, 12, 12, 1024, 50304, train_batch=16, train_length=1024, prompt=512, dtype="bfloat16")
TINY = Size("small", hidden_size=64, layers=1, heads=1, train_batch=2, train_length=16, new_tokens=4)

PRESETS = {
    "cpu": Preset((SMALL, MIDDLE), LARGE, seeds=(1887, 1, 2), recipe_seeds=range(10)),
    "gpt2": Preset((GPT2,), GPT2),
    "smoke": Preset((TINY,), TINY, seeds=(1887,), recipe_seeds=range(1), most_steps=20, rounds=2, threads=1),
}
