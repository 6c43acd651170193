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
