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


BIT_PER_BYTE = 8
BFLOAT16_BIT_PER_PARAMETER = 16


def bit_per_parameter(stored_bytes: float, parameters: float) -> float:
    """Return the bits that a stored weight takes, with its share of the scales."""
    return stored_bytes * BIT_PER_BYTE / parameters


def quantized_weight_bytes(parameters: float, bit_per_parameter: float) -> float:
    """Return the bytes of a model's weights at so many bits each."""
    return parameters * bit_per_parameter / BIT_PER_BYTE


def least_pass_seconds(weight_bytes: float, bytes_per_second: float) -> float:
    """Return the time to read all weights once: no pass of a dense model takes less.

    bytes_per_second: the peak of the memory. The KV cache is left out, and so is the
    arithmetic, which overlaps with the reading.
    """
    return weight_bytes / bytes_per_second
