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


BF16_BYTE_PER_PARAMETER = 2  # 16 bits


def weight_reading_seconds(parameters: float, bytes_per_second: float) -> float:
    """Return the time to read bf16 weights once: the least that a decode pass takes.

    bytes_per_second: the peak rate of the memory. The KV cache is left out.
    """
    return parameters * BF16_BYTE_PER_PARAMETER / bytes_per_second


def ridge_batch(flops_per_second: float, bytes_per_second: float) -> float:
    """Return the batch at which a decode pass computes as long as it reads weights.

    Below it the reading of the bf16 weights sets the pace, above it arithmetic does:
    the ridge point of the roofline model, in tokens a pass. Both rates are peaks. The
    KV cache is left out: each request reads its own, so no batch shares it.
    """
    flops_per_byte = flops_per_second / bytes_per_second
    return flops_per_byte * BF16_BYTE_PER_PARAMETER / INFERENCE_FLOP_PER_PARAMETER_TOKEN
