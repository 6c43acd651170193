"""The formulas of costs.py: worked by hand, identities, published figures, and what they refuse."""

import inspect
import math

import pytest

from tests.snippet_functions import costs

OF_ANY_QUANTITY = {"ratio", "total"}  # these refuse nothing
MAY_BE_NOTHING = {"acceptance", "computed", "draft_cost", "input_tokens", "output_tokens", "stage", "usd"}
MAY_BE_NOTHING |= {
    "usd_per_million_input_tokens",
    "usd_per_million_output_tokens",
    "attention_flops_per_token",
    "pairs",
}
MAY_BE_NOTHING |= {"window_layers", "linear_layers", "latent_values"}
ENOUGH = {"memory_bytes": 4, "layers": 4, "cache_bytes_per_token": 4}  # where ones would not do
ARGUMENTS = [
    (name, key)
    for name, formula in inspect.getmembers(costs, inspect.isfunction)
    if not name.startswith(("require_", "is_", "in_", "fewest_")) and name not in OF_ANY_QUANTITY
    for key in inspect.signature(formula).parameters
]


def call(name, **changes):
    """Call a formula with ones, which all admit, and some changes."""
    formula = getattr(costs, name)
    ones = dict.fromkeys(inspect.signature(formula).parameters, 1)
    return formula(**ones | {key: value for key, value in ENOUGH.items() if key in ones} | changes)


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, -math.inf, "many", None])
def test_what_cannot_be_computed_with_is_refused_by_name(wrong):
    for name, key in ARGUMENTS:
        assert math.isfinite(call(name)), name
        with pytest.raises(ValueError, match=rf"^{key} is {wrong!r}: give "):
            call(name, **{key: wrong})


def test_nothing_is_refused_but_where_nothing_costs_nothing():
    for name, key in ARGUMENTS:
        if key in MAY_BE_NOTHING:
            assert math.isfinite(call(name, **{key: 0}))
        else:
            with pytest.raises(ValueError, match=rf"^{key} is 0: give "):
                call(name, **{key: 0})


def test_a_share_is_at_most_the_whole():
    for name, key in [each for each in ARGUMENTS if each[1] in ("utilization", "picked")]:
        call(name, **{key: 1})
        with pytest.raises(ValueError, match=rf"^{key} is 40: give a share above 0 and up to 1, such as 0\.4"):
            call(name, **{key: 40})


@pytest.mark.parametrize(
    ("name", "changes", "says"),
    [
        ("largest_batch", {"weight_bytes": 640e9}, r"^the weights do not fit: they take 640 GB.*; take more GPUs"),
        ("largest_batch", {"weight_bytes": 1342e9}, r"they take 1\.34 TB"),
        ("largest_batch", {"cache_bytes_per_request": 5e9}, r"^the weights fit, but no request: one takes 5 GB"),
        ("require_batch_fits", {"batch": 9, "largest_batch": 8}, "^batch is 9: give at most 8, for no more fit"),
        ("expert_parameters", {"active_parameters": 71e9}, r"^active_parameters is 7\.1e\+10: give at most all"),
        (
            "expert_parameters",
            {"parameters": 70, "active_parameters": 2, "picked": 0.03},
            r"is 0\.03: give at most 0\.0285",
        ),
        ("tokens_per_pass", {"acceptance": 1.5}, r"^acceptance is 1\.5: give a share from 0 to 1"),
        ("energy_watt_hours", {"overhead": 0.9}, "^overhead is 0.9: give at least 1"),
        ("sharded_training_state_bytes", {"stage": 4}, "^stage is 4: give 0, 1, 2 or 3"),
        ("kept_tokens", {"window_layers": 3, "linear_layers": 2}, "^layers is 4: give all layers, at least as many"),
        (
            "ridge_context",
            {"attention_flops_per_token": 4},
            "^attention_flops_per_token is 4: give less, or there is no",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_advice(name, changes, says):
    with pytest.raises(ValueError, match=says):
        call(name, **changes)


def test_gpus_are_doubled_until_they_hold_what_they_need():
    assert costs.fewest_gpus(80, lambda gpus: 81 + gpus) == 2
    assert costs.fewest_gpus(80, lambda gpus: 80) == 1
    with pytest.raises(ValueError, match="not even 1,024 GPUs hold this: take a smaller model"):
        costs.fewest_gpus(80, lambda gpus: 81 * gpus)


# --- worked by hand ---


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("training_flops", (2, 3), 36),
        ("inference_flops", (2, 3), 12),
        ("attention_training_flops", (2, 3, 5, 7, 11), 12 * 2 * 3 * 5 * 7 * 11),
        ("attention_flops", (3, 5, 7), 4 * 3 * 5 * 7),
        ("sent_byte_per_parameter", (2, 4, 8), (2 + 2 + 4) * 7 / 8),
        ("sent_byte_per_parameter", (2, 4, 1), 0),
        ("tokens_to_hide_sending", (6, 100, 10), 10),
        ("full_layers", (48, 30, 128, 6), 12),
        ("kept_tokens", (1000, 4, 1, 100, 1), 2 * 1000 + 100),  # two keep all, one its window, one nothing
        ("kept_tokens", (50, 4, 1, 100, 1), 3 * 50),  # a window that is not full
        ("attended_pairs", (4, 1, 0, 0, 0), 1 + 2 + 3 + 4),
        ("attended_pairs", (4, 2, 1, 2, 0), 1 + 2 + 3 + 4 + 1 + 2 + 2 + 2),
        ("attended_pairs", (4, 3, 1, 9, 1), 2 * (1 + 2 + 3 + 4)),
        ("cached_values", (8, 128, 0), 2048),
        ("cached_values", (128, 128, 576), 576),
        ("relative_error", (90, 100), -0.1),
        ("gpu_hours", (3.6e18, 1e12, 0.5), 2000),
        ("elapsed_hours", (2000, 8), 250),
        ("rental_usd", (2000, 3.5), 7000),
        ("model_flops_utilization", (3.6e18, 2000, 1e12), 0.5),
        ("checkpointed_activation_bytes", (80, 8192, 1000), 80 * 8192 * 1000 * 2),
        ("training_state_bytes", (7.5e9, 2), 120e9),  # the ZeRO paper, figure of its three stages
        ("training_state_bytes", (1e12, 2), 16e12),  # the same paper, introduction
        ("training_state_bytes", (1, 4), 18),  # Hugging Face's guide, facts.mixed_precision_adam_bytes_per_parameter
        ("weight_bytes", (70e9, 2), 140e9),
        ("quantized_weight_bytes", (70e9, 4), 35e9),
        ("bit_per_parameter", (35e9, 70e9), 4),
        ("kv_cache_bytes", (32, 8, 128, 8192, 2), 2**30),  # Llama 3.1 8B in bf16: 1.07 GB
        ("recomputed_bytes", (2, 3, 1000, 80, 8192), 2 * 2 * 1000 * 80 * 8192 * 2),  # two texts on the fuller GPU
        ("busiest_requests_per_second", (86400, 2, 3), 6),
        ("sets_of_gpus", (2.1,), 3),
        ("kv_cache_copies", (4, 8), 1),
        ("kv_cache_copies", (16, 8), 2),
        ("texts_on_fullest_gpu", (9, 8), 2),
        ("largest_batch", (100, 30, 20), 3),
        ("least_pass_seconds", (140e9, 3.5e12), 0.04),
        ("ridge_batch", (1000e12, 4e12), 250),
        ("ridge_context", (50e9, 200e3, 0, 1000e12, 4e12), 2000),  # 0.1 ms: 100 GFLOP, or 400 MB of 200 kB a token
        ("ridge_context", (50e9, 200e3, 25e6, 1000e12, 4e12), 4000),  # half of the reading hides behind arithmetic
        ("roofline_seconds", (4e9, 2e9, 1e15, 1e9), 2),
        ("roofline_seconds", (8e9, 2e9, 1e9, 1e15), 8),
        ("decode_seconds_per_token", (0.04, 8), 0.005),
        ("tokens_per_pass", (0.5, 2), 1.75),  # the first, the second half the time, the third a quarter
        ("tokens_per_pass", (1, 4), 5),
        ("tokens_per_pass", (0, 4), 1),
        ("speculative_speed", (0.5, 2, 0.25), 1.75 / 1.5),
        ("usd_per_million_tokens", (0.001, 4, 3.6, 0.5), 8),  # a million tokens: 1,000 s of four at $3.60, twice
        ("usd_per_million_tokens_at", (1000, 4, 3.6, 0.5), 8),
        ("usd_per_million", (8, 2e6), 4),
        ("api_usd", (2e6, 1e6, 0.5, 3), 4),
        ("hosting_usd_per_month", (2, 3.49), 5098.89),  # 730.5 hours of two
        ("requests_per_month", (0.5, 0.25), 1_314_900),  # 2,629,800 seconds, a quarter of them, two a second
        ("break_even_utilization", (5000, 0.001, 1e7), 0.5),
        ("energy_watt_hours", (10, 700, 1.1), 7700),
    ],
)
def test_a_formula_gives_what_a_hand_computes(name, arguments, expected):
    assert getattr(costs, name)(*arguments) == pytest.approx(expected, rel=1e-12)


def test_speculation_gives_the_paper_s_own_figure():
    """Appendix A.5 of the paper, at a lenience of 1: T5-small drafts for T5-XXL, greedy, 3.3 times the speed."""
    assert costs.speculative_speed(0.75, 8, 0.015) == pytest.approx(3.3, abs=0.05)


# --- identities ---


def test_heads_that_do_not_come_out_even_take_the_room_of_the_fullest():
    assert [costs.kv_cache_copies(gpus, 8) for gpus in (3, 5, 7)] == [3 * 3 / 8, 5 * 2 / 8, 7 * 2 / 8]


def test_use_matches_training_after_three_times_its_tokens_whatever_the_size():
    for parameters in (1e6, 405e9):
        trained = costs.training_flops(parameters, 1e9)
        assert costs.inference_flops(parameters, costs.inference_tokens_for_training(1e9)) == trained


def test_sharing_state_leaves_its_sum_and_sharing_nothing_repeats_it():
    whole = costs.training_state_bytes(1e9, 4)
    each = [costs.sharded_training_state_bytes(1e9, 4, 16, stage) for stage in range(4)]
    assert each[0] == whole == 18e9
    assert each[1] == pytest.approx((2 + 4 + 12 / 16) * 1e9)
    assert each[2] == pytest.approx((2 + 4 / 16 + 12 / 16) * 1e9)
    assert 16 * each[3] == pytest.approx(whole)


def test_sending_takes_as_long_as_computing_with_the_tokens_that_hide_it():
    for parameters in (8e9, 405e9):
        sent = costs.sent_byte_per_parameter(2, 4, 16_384)
        tokens = costs.tokens_to_hide_sending(sent, 400e12, 400e9)
        assert costs.training_flops(parameters, tokens) / 400e12 == pytest.approx(parameters * sent / 400e9)


def test_a_dense_model_is_read_whole_and_a_mixture_more_with_each_request():
    assert costs.expert_parameters(70e9, 70e9, 0.1) == 0
    experts = costs.expert_parameters(671e9, 37e9, 8 / 256)
    read = [671e9 - experts * (1 - costs.experts_met(8 / 256, batch)) for batch in (1, 8, 32, 4096)]
    # 16.5 always, and 654 of which each request picks 8 of 256
    assert read == pytest.approx([37e9, 163e9, 434e9, 671e9], rel=0.01)


def test_beyond_the_ridge_context_no_batch_makes_arithmetic_the_limit():
    """Llama 3.1 70B: 80 layers, in which 64 heads share the keys and values of 8."""
    peaks = {"flops_per_second": 989e12, "bytes_per_second": 3.35e12}
    context = costs.ridge_context(70e9, 327_680, costs.attention_flops(64, 128, 80), **peaks)

    def waits_for_memory(batch, tokens):
        read = 140e9 + batch * tokens * 327_680
        flops = batch * (costs.inference_flops(70e9, 1) + costs.attention_flops(64, 128, 80 * tokens))
        pass_seconds = costs.roofline_seconds(flops, read, **peaks)
        return pass_seconds == pytest.approx(costs.least_pass_seconds(read, 3.35e12), rel=1e-9)

    assert not waits_for_memory(1e5, 0.99 * context)
    assert all(waits_for_memory(batch, context) for batch in (1, 1e3, 1e5))


def test_at_break_even_both_bills_are_equal():
    month, full = costs.hosting_usd_per_month(2, 3.49), costs.requests_per_month(0.5, 1)
    requests = costs.requests_per_month(0.5, costs.break_even_utilization(month, 0.002, full))
    assert costs.api_usd(requests * 1000, 0, 2, 0) == pytest.approx(month)


# --- published figures, beside those on the page *Are the formulas right?* ---

MIB, GIB = 2**20, 2**30


@pytest.mark.parametrize(
    ("kv_heads", "head_size", "latent", "kinds", "tokens", "bits", "published"),
    [
        # arXiv 2505.09343, table 1: KB of 1,000 bytes a token, bf16
        (8, 128, 0, (80, 0, 0, 0), 1, 16, 327_680),  # Qwen2.5 72B
        (8, 128, 0, (126, 0, 0, 0), 1, 16, 516_096),  # Llama 3.1 405B
        # arXiv 2309.06180, section 3: no head is shared
        (40, 128, 0, (40, 0, 0, 0), 1, 16, 819_200),  # OPT-13B
        # arXiv 2408.12570, table 1, 256K tokens: GB of 2**30 bytes
        (8, 128, 0, (32, 0, 0, 28), 2**18, 16, 4 * GIB),  # Jamba-1.5-Mini: 4 layers of attention, the others Mamba
        (8, 128, 0, (56, 0, 0, 0), 2**18, 16, 56 * GIB),  # Mixtral 8x22B
        (8, 128, 0, (32, 0, 0, 0), 2**18, 16, 32 * GIB),  # Mixtral 8x7B
        # issue 822 of ik_llama.cpp: an engine that does not use the window of gpt-oss-20b
        (8, 64, 0, (24, 0, 0, 0), 131_072, 16, 6144 * MIB),
        # a log of llama.cpp, without an address: gpt-oss-120b, whose sliding layers keep 1,024 cells for their 128
        (8, 64, 0, (36, 18, 1024, 0), 65_536, 16, (2304 + 36) * MIB),
        # pull request 5225 of unsloth: Gemma 3 270M keeps twice its window of 512
        (1, 256, 0, (18, 15, 1024, 0), 4096, 16, 27 * MIB),
        # pull request 259 of ik_llama.cpp: DeepSeek-R1, q8_0, which is 34 bytes for 32 values
        (128, 160, 576, (61, 0, 0, 0), 32_768, 8.5, 1166.625 * MIB),
        # the DeepSeek-V2 report, table 9, values in place of bytes: printed as 15.6K and 34.6K
        (16, 160, 576, (27, 0, 0, 0), 1, 8, pytest.approx(15_600, rel=0.005)),
        (128, 160, 576, (60, 0, 0, 0), 1, 8, pytest.approx(34_600, rel=0.005)),
    ],
)
def test_caches_of_many_kinds_are_as_published(kv_heads, head_size, latent, kinds, tokens, bits, published):
    values = costs.cached_values(kv_heads, head_size, latent)
    assert values * costs.kept_tokens(tokens, *kinds) * bits / costs.BIT_PER_BYTE == published


@pytest.mark.parametrize(("tokens", "seconds"), [(16_384, 1.9648), (32_768, 4.8877), (65_536, 13.594)])
def test_a_longer_prompt_takes_longer_than_its_length_says(tokens, seconds):
    """Qwen3 14B on an RTX 5090, from kekzl/imp, tests/perf_baseline_north_star.json, with the cache of prompts off.

    Issue 1004 there has shorter times (0.68, 3.68 and 10.1 s), which its author withdrew: they partly hit that cache.
    """

    def flops(tokens):
        pairs = costs.attended_pairs(tokens, 40, 0, 0, 0)
        return costs.inference_flops(14.77e9 - 151_936 * 5120, tokens) + costs.attention_flops(40, 128, pairs)

    predicted = 0.8613 * flops(tokens) / flops(8192)
    assert predicted == pytest.approx(seconds, rel=0.15)
    if tokens > 20_000:
        assert 0.8613 * tokens / 8192 < 0.75 * seconds, "without attention, far off"


def test_a_table_that_is_looked_up_is_not_read():
    """Llama 3.1 8B in bf16 on an H100: gpt-fast counts 15.0 GB a token, and so 4.48 ms."""
    multiplied = 8_030_261_248 - 128_256 * 4096
    assert costs.least_pass_seconds(2 * multiplied, 3.35e12) == pytest.approx(4.48e-3, rel=1e-3)
