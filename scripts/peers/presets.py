"""What is measured: the sizes of the models, and how much text each job is given."""

from dataclasses import dataclass

JOBS = ("train", "prefill", "decode_1", "decode_32")
MODES = ("eager", "compiled")


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
    train_length: int = 96  # about what a case of casebook.py takes
    prompt: int = 64  # read at once in prefill
    start: int = 16  # what decode continues
    new_tokens: int = 32


@dataclass(frozen=True)
class Preset:
    """A run of the benchmark.

    ``sizes`` are measured for all; ``large`` for ours alone, against the machine's limits; ``seeds`` are those to train
    with to an accuracy.
    """

    sizes: tuple[Size, ...]
    large: Size
    seeds: tuple[int, ...] = ()
    dtype: str = "float32"


SMALL = Size("small", hidden_size=64, layers=2, heads=1)
MIDDLE = Size("middle", hidden_size=256, layers=4, heads=4)
LARGE = Size("large", 768, 8, 12, context=1024, train_batch=2, train_length=256, prompt=512)
GPT2 = Size("gpt2", 768, 12, 12, 1024, vocab_size=50304, train_batch=16, train_length=1024, prompt=512)
TINY = Size("small", hidden_size=32, layers=1, heads=1, train_batch=2, train_length=16, new_tokens=4)

PRESETS = {
    "cpu": Preset((SMALL, MIDDLE), LARGE, seeds=(1887, 1, 2)),
    "quick": Preset((SMALL,), LARGE, seeds=(1887,)),
    "gpt2": Preset((GPT2,), GPT2, dtype="bfloat16"),
    "smoke": Preset((TINY,), TINY),
}
