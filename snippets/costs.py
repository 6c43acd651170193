"""What training and inference cost: plain arithmetic, one formula a function."""


def training_flops(parameters: float, tokens: float) -> float:
    """Return the floating-point operations to train: 6 for each parameter and token (2 forward, 4 backward).

    Leaves out attention scores, which grow with sequence length. Source: Kaplan et al. 2020, arxiv.org/abs/2001.08361,
    section 2.1.
    """
    return 6 * parameters * tokens


def inference_flops(parameters: float, tokens: float) -> float:
    """Return the floating-point operations to read or write tokens: 2 for each parameter and token.

    Leaves out attention scores, as above and with the same source.
    """
    return 2 * parameters * tokens


def ratio(numerator: float, denominator: float) -> float:
    """Return how many times ``denominator`` fits into ``numerator``. Raises ZeroDivisionError for 0."""
    return numerator / denominator
