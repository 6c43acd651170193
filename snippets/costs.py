"""What training and inference cost: plain arithmetic, one formula a function."""

# Source: Kaplan et al. 2020, https://arxiv.org/abs/2001.08361, section 2.1.
TRAINING_FLOP_PER_PARAMETER_TOKEN = 6  # 2 forward, 4 backward
INFERENCE_FLOP_PER_PARAMETER_TOKEN = 2  # a multiplication and an addition


def training_flops(parameters: float, tokens: float) -> float:
    """Return the floating-point operations to train, forward and backward.

    Left out: attention scores, which grow with sequence length, and the optimizer's
    own work.
    """
    return TRAINING_FLOP_PER_PARAMETER_TOKEN * parameters * tokens


def inference_flops(parameters: float, tokens: float) -> float:
    """Return the floating-point operations to use a model, forward only.

    For tokens read and tokens written alike. Attention scores are left out.
    """
    return INFERENCE_FLOP_PER_PARAMETER_TOKEN * parameters * tokens


def ratio(numerator: float, denominator: float) -> float:
    """Return how many times the denominator fits into the numerator.

    Raises ZeroDivisionError where the denominator is 0.
    """
    return numerator / denominator


def answers_in_training_time(answers_per_case: float, cases: float) -> float:
    """Return how many answers take as long as training on this many cases.

    answers_per_case: how many answers take as long as training on one case once.
    """
    return answers_per_case * cases


SECOND_PER_GPU_HOUR = 3600  # a GPU-hour is one GPU at work for 3,600 seconds


def gpu_hours(
    flops: float, peak_flops_per_second: float, utilization: float = 1.0
) -> float:
    """Return the GPU-hours that so much arithmetic takes.

    peak_flops_per_second: of one GPU. utilization: the share of it that is reached.
    """
    return flops / (SECOND_PER_GPU_HOUR * peak_flops_per_second * utilization)


def model_flops_utilization(
    flops: float, gpu_hours: float, peak_flops_per_second: float
) -> float:
    """Return which share of the GPUs' peak went into the model's own arithmetic (MFU).

    flops: what the model needs, forward and backward. Work that is done twice to save
    memory does not count. peak_flops_per_second: of one GPU.

    Source: Chowdhery et al. 2022, https://arxiv.org/abs/2204.02311, section 4.1.
    """
    return flops / (gpu_hours * SECOND_PER_GPU_HOUR * peak_flops_per_second)


BIT_PER_BYTE = 8
BFLOAT16_BIT_PER_PARAMETER = 16
BFLOAT16_BYTE_PER_PARAMETER = 2
BFLOAT16_BYTE_PER_VALUE = 2  # the same, where keys and values are counted
FLOAT32_BYTE_PER_PARAMETER = 4


def weight_bytes(parameters: float, byte_per_parameter: float) -> float:
    """Return the bytes of a model's weights.

    byte_per_parameter: 4 in float32, 2 in bfloat16.
    """
    return parameters * byte_per_parameter


def bit_per_parameter(stored_bytes: float, parameters: float) -> float:
    """Return the bits that a stored weight takes, with its share of the scales."""
    return stored_bytes * BIT_PER_BYTE / parameters


def quantized_weight_bytes(parameters: float, bit_per_parameter: float) -> float:
    """Return the bytes of a model's weights at so many bits each."""
    return weight_bytes(parameters, bit_per_parameter / BIT_PER_BYTE)


def training_state_bytes(
    parameters: float, gradient_byte_per_parameter: float
) -> float:
    """Return the bytes that mixed-precision training with Adam holds at any batch size.

    For each parameter: a weight in bfloat16 to compute with, its gradient, and in
    float32 the weight that is updated and Adam's two running means. Activations and
    working memory come on top.

    gradient_byte_per_parameter: 2 in bfloat16, 4 in float32.

    Source: Rajbhandari et al. 2020, https://arxiv.org/abs/1910.02054, section 3.1.
    """
    updated = 3 * FLOAT32_BYTE_PER_PARAMETER
    held = BFLOAT16_BYTE_PER_PARAMETER + gradient_byte_per_parameter + updated
    return parameters * held


def least_pass_seconds(weight_bytes: float, bytes_per_second: float) -> float:
    """Return the time to read all weights once: no pass of a dense model takes less.

    bytes_per_second: the peak of the memory. The KV cache is left out, and so is the
    arithmetic, which overlaps with the reading.
    """
    return weight_bytes / bytes_per_second


def ridge_batch(flops_per_second: float, bytes_per_second: float) -> float:
    """Return the batch at which a decode pass computes as long as it reads weights.

    Below it the reading of the bf16 weights sets the pace, above it arithmetic does:
    the ridge point of the roofline model, in tokens a pass. Both rates are peaks. The
    KV cache is left out: each request reads its own, so no batch shares it.
    """
    weights_per_second = bytes_per_second / BFLOAT16_BYTE_PER_PARAMETER
    return flops_per_second / (weights_per_second * INFERENCE_FLOP_PER_PARAMETER_TOKEN)


def kv_cache_bytes(
    layers: float,
    kv_heads: float,
    head_size: float,
    tokens: float,
    bytes_per_value: float,
) -> float:
    """Return the bytes of the KV cache of one text: tokens, read and written.

    kv_heads: heads of keys and values in each layer, fewer than the query heads where
    these share them. Sharing: Shazeer 2019, https://arxiv.org/abs/1911.02150.
    """
    values_per_token = 2 * layers * kv_heads * head_size  # a key and a value each
    return values_per_token * tokens * bytes_per_value


def tokens_per_pass(acceptance: float, guesses: float) -> float:
    """Return how many tokens a pass of the big model writes on average (speculation).

    acceptance: share of the draft's guesses that are right, each as likely as the next.
    guesses: how many it makes before each pass. Source: Leviathan et al. 2023,
    https://arxiv.org/abs/2211.17192, equation 1.
    """
    if acceptance == 1:
        return guesses + 1
    return (1 - acceptance ** (guesses + 1)) / (1 - acceptance)


def speculative_speed(acceptance: float, guesses: float, draft_cost: float) -> float:
    """Return how many times as fast speculation is, where checking costs no more time.

    draft_cost: time of one pass of the draft, as a share of the big model's. Checking
    all guesses is held to take as long as writing one token: true while the processor
    has arithmetic to spare. Source: theorem 3.8 of the same paper.
    """
    return tokens_per_pass(acceptance, guesses) / (guesses * draft_cost + 1)
