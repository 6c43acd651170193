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


BF16_BYTE_PER_VALUE = 2  # 16 bits


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
