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


BFLOAT16_BYTE_PER_PARAMETER = 2
FLOAT32_BYTE_PER_PARAMETER = 4


def weight_bytes(parameters: float, byte_per_parameter: float) -> float:
    """Return the bytes of a model's weights.

    byte_per_parameter: 4 in float32, 2 in bfloat16.
    """
    return parameters * byte_per_parameter
