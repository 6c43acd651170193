"""What a model takes of the GPUs' memory, to use it and to train it."""

from costs import (
    BFLOAT16_BYTE_PER_PARAMETER,
    BFLOAT16_BYTE_PER_VALUE,
    checkpointed_activation_bytes,
    kv_cache_bytes,
    kv_cache_copies,
    quantized_weight_bytes,
    require_positive,
    require_share,
    sharded_training_state_bytes,
    texts_on_fullest_gpu,
)

parameters = 70e9
bit_per_parameter = 16  # while it is used
layers = 80
kv_heads = 8
head_size = 128
hidden_size = 8192
tokens = 8192  # of one text, read and written
batch = 8  # texts at the same time
gpus = 4
memory_bytes = 80e9  # of one GPU
usable = 0.9  # the share of it that is free for the model

require_positive(batch=batch, gpus=gpus, memory_bytes=memory_bytes)
require_share(usable=usable)
room = gpus * memory_bytes * usable

# To use it
weights = quantized_weight_bytes(parameters, bit_per_parameter)
cache = kv_cache_bytes(layers, kv_heads, head_size, tokens, BFLOAT16_BYTE_PER_VALUE)
# Each GPU takes some heads of all texts; a head may be kept by several.
copies = kv_cache_copies(gpus, kv_heads)
serving = weights + batch * cache * copies

# To train it, at least: mixed precision and Adam, all of it shared among the GPUs, each
# block's activations computed again. A GPU takes whole texts.
sharded = (parameters, BFLOAT16_BYTE_PER_PARAMETER, gpus, 3)
state = gpus * sharded_training_state_bytes(*sharded)
texts = texts_on_fullest_gpu(batch, gpus)
activations = gpus * checkpointed_activation_bytes(layers, hidden_size, texts * tokens)
training = state + activations
