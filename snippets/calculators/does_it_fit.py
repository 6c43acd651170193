"""What a model takes of GPUs' memory: to use it, to fine-tune it or to train it."""

from costs import (
    BFLOAT16_BYTE_PER_PARAMETER,
    BIT_PER_BYTE,
    LATENT_HEAD_PER_LAYER,
    cached_values,
    fewest_gpus,
    kept_tokens,
    kv_cache_copies,
    quantized_weight_bytes,
    recomputed_bytes,
    require_not_negative,
    require_positive,
    require_share,
    texts_on_fullest_gpu,
    texts_that_fit,
    training_state_bytes,
    weight_bytes,
)

job = 0  # 0 to use it, 1 to fine-tune it with LoRA, 2 to train all of it
parameters = 70e9
bit_per_parameter = 16  # while it is used
hidden_size = 8192
layers = 80
window_layers = 0  # of them, those that keep only the end of a text,
window_tokens = 0  # so many tokens
linear_layers = 0  # of them, those that keep a state of fixed size instead
state_bytes = 0  # of a text, in all these
kv_heads = 8
head_size = 128
latent_values = 0  # of a token in a layer, with a latent (MLA) for keys and values
bit_per_value = 16  # of the KV cache
tokens = 8192  # of one text, read and written
batch = 8  # texts at the same time
gpus = 0  # 0 for as few as hold it
memory_bytes = 80e9  # of one GPU
usable = 0.9  # the share of it that is free for the model
adapted = 0.005  # parameters that LoRA adds, as a share

require_positive(batch=batch, bit_per_value=bit_per_value, memory_bytes=memory_bytes)
require_not_negative(gpus=gpus, state_bytes=state_bytes)
require_share(usable=usable, adapted=adapted)
if job not in (0, 1, 2):
    raise ValueError(f"job is {job!r}: give 0, 1 or 2")

# To use it: its weights, and a cache for each text. Each GPU takes some heads of all
# texts; a head, or a latent, may be kept by several.
weights = quantized_weight_bytes(parameters, bit_per_parameter)
kept = kept_tokens(tokens, layers, window_layers, window_tokens, linear_layers)
values = cached_values(kv_heads, head_size, latent_values)
if not kept:  # all layers are linear
    require_positive(state_bytes=state_bytes)
keys_and_values = values * kept * bit_per_value / BIT_PER_BYTE
cache = keys_and_values + state_bytes
split = LATENT_HEAD_PER_LAYER if latent_values else kv_heads

# To train it, at least: mixed precision and Adam, all of it shared among the GPUs, each
# block's activations computed again. A GPU takes whole texts.
state = training_state_bytes(parameters, BFLOAT16_BYTE_PER_PARAMETER)
block = (tokens, layers, hidden_size)

# To fine-tune it with LoRA: the weights stay as they are, and a few more are trained.
frozen = weight_bytes(parameters, BFLOAT16_BYTE_PER_PARAMETER)
adapters = training_state_bytes(adapted * parameters, BFLOAT16_BYTE_PER_PARAMETER)

# How many GPUs hold the job, and what do they hold?
free = memory_bytes * usable
needs = (
    lambda gpus: (
        weights + batch * (keys_and_values * kv_cache_copies(gpus, split) + state_bytes)
    ),
    lambda gpus: frozen + adapters + recomputed_bytes(gpus, batch, *block),
    lambda gpus: state + recomputed_bytes(gpus, batch, *block),
)
rented_gpus = gpus or fewest_gpus(free, needs[int(job)])
room = rented_gpus * free
serving, lora, training = [each(rented_gpus) for each in needs]
needed = (serving, lora, training)[int(job)]
copies = kv_cache_copies(rented_gpus, split)
text = keys_and_values * copies + state_bytes
most_texts = texts_that_fit(room, weights, text)
texts = texts_on_fullest_gpu(batch, rented_gpus)
activations = recomputed_bytes(rented_gpus, batch, *block)
