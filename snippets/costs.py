"""What training and inference cost: plain arithmetic, one formula a function.

Every rate is what one second brings, every price is in US dollars. A function refuses
what it cannot compute with: its ValueError names the input and says what to change.
"""

import math

# Source: Kaplan et al. 2020, https://arxiv.org/abs/2001.08361, section 2.1.
TRAINING_FLOP_PER_PARAMETER_TOKEN = 6  # 2 forward, 4 backward
INFERENCE_FLOP_PER_PARAMETER_TOKEN = 2  # a multiplication and an addition

# Source: Chowdhery et al. 2022, https://arxiv.org/abs/2204.02311, appendix B.
ATTENTION_TRAINING_FLOP_PER_VALUE_TOKEN = 12  # 4 forward, 8 backward
ATTENTION_FLOP_PER_VALUE = 4  # 2 to score a token, 2 to add up its value

BIT_PER_BYTE = 8
BFLOAT16_BIT_PER_PARAMETER = 16
BFLOAT16_BYTE_PER_PARAMETER = 2
BFLOAT16_BYTE_PER_VALUE = 2  # the same, where keys and values are counted
FLOAT8_BIT_PER_PARAMETER = 8
FLOAT8_BIT_PER_VALUE = 8  # the same, where keys and values are counted
INT8_BIT_PER_PARAMETER = 8  # without the scales
INT4_BIT_PER_PARAMETER = 4  # without the scales
FLOAT32_BYTE_PER_PARAMETER = 4

SECOND_PER_HOUR = 3600
SECOND_PER_GPU_HOUR = 3600  # a GPU-hour is one GPU at work for 3,600 seconds
HOUR_PER_MONTH = 730.5  # a twelfth of a year of 365.25 days
DAY_PER_MONTH = 30.4375
SECOND_PER_DAY = 86400
ONE_GPU = 1
MOST_GPU = 1024  # that fewest_gpus() tries
LATENT_HEAD_PER_LAYER = 1  # one latent serves all query heads
ROUND_PER_REQUEST = 1  # a prompt is read in one pass of its own
TOKEN_PER_REQUEST = 1  # in one pass of decoding, each request gets one token


# --- What can be computed with ---


def require_positive(**inputs: float) -> None:
    """Raise ValueError where an input is no finite number above 0."""
    for name, number in inputs.items():
        if not (is_finite(number) and number > 0):
            raise ValueError(f"{name} is {number!r}: give a number above 0")


def require_not_negative(**inputs: float) -> None:
    """Raise ValueError where an input is no finite number of at least 0."""
    for name, number in inputs.items():
        if not (is_finite(number) and number >= 0):
            raise ValueError(f"{name} is {number!r}: give 0 or a number above it")


def require_share(**inputs: float) -> None:
    """Raise ValueError where an input is no share of a whole."""
    for name, number in inputs.items():
        if not (is_finite(number) and 0 < number <= 1):
            raise ValueError(
                f"{name} is {number!r}: give a share above 0 and up to 1, such as 0.4"
            )


def is_finite(number: float) -> bool:
    """Return whether a number, with or without a unit, is neither NaN nor infinite."""
    try:
        return bool(number - number == 0)  # infinity less itself is not a number
    except TypeError:
        return False


# --- Arithmetic ---


def training_flops(parameters: float, tokens: float) -> float:
    """Return the floating-point operations to train, forward and backward.

    parameters: those that a token is multiplied by. Of a mixture of experts, the active
    ones; without an input table that the output does not share, for that is looked up
    by row. Left out: attention scores, which grow with sequence length, and the
    optimizer's own work.
    """
    require_positive(parameters=parameters, tokens=tokens)
    return TRAINING_FLOP_PER_PARAMETER_TOKEN * parameters * tokens


def attention_training_flops(
    layers: float,
    heads: float,
    head_size: float,
    sequence_length: float,
    tokens: float,
) -> float:
    """Return the operations that attention scores add to training.

    heads: query heads in a layer. sequence_length: tokens of one text. tokens: of all
    texts. Every pair of tokens of a text is counted; a kernel that skips the pairs that
    a causal model hides needs half of it.
    """
    require_positive(layers=layers, heads=heads, head_size=head_size)
    require_positive(sequence_length=sequence_length, tokens=tokens)
    values_per_token = layers * heads * head_size
    pairs = sequence_length * tokens
    return ATTENTION_TRAINING_FLOP_PER_VALUE_TOKEN * values_per_token * pairs


def inference_flops(parameters: float, tokens: float) -> float:
    """Return the floating-point operations to use a model, forward only.

    For tokens read and tokens written alike. parameters: those that a token is
    multiplied by, as for training_flops(). What attention_flops() gives comes on top.
    """
    require_positive(parameters=parameters, tokens=tokens)
    return INFERENCE_FLOP_PER_PARAMETER_TOKEN * parameters * tokens


def attention_flops(heads: float, head_size: float, pairs: float) -> float:
    """Return the operations that attention adds to the use of a model.

    heads: query heads in a layer. head_size: values of one, the mean of a key's and a
    value's. With a latent (MLA), a token that is written meets what is cached: give the
    mean of what a score takes (DeepSeek-V3: 576) and of what is added up (512).
    pairs: of a token and one that it looks back to, in all layers together:
    attended_pairs() of a text that is read, kept_tokens() for a token that is written.
    Left out: what linear layers compute, about as much as a small product of matrices.
    """
    require_positive(heads=heads, head_size=head_size)
    require_not_negative(pairs=pairs)
    return ATTENTION_FLOP_PER_VALUE * heads * head_size * pairs


def relative_error(computed: float, published: float) -> float:
    """Return how far a computed figure is off, as a share of the published one."""
    require_not_negative(computed=computed)
    require_positive(published=published)
    return computed / published - 1


def inference_tokens_for_training(training_tokens: float) -> float:
    """Return how many tokens of use take as much arithmetic as the whole training.

    The model's size cancels: training takes three times the arithmetic of use for each
    parameter and token. Attention scores are left out on both sides.
    """
    require_positive(training_tokens=training_tokens)
    trained = TRAINING_FLOP_PER_PARAMETER_TOKEN * training_tokens
    return trained / INFERENCE_FLOP_PER_PARAMETER_TOKEN


# --- The time and the price of training ---


def gpu_hours(
    flops: float, peak_flops_per_second: float, utilization: float = 1.0
) -> float:
    """Return the GPU-hours that so much arithmetic takes.

    peak_flops_per_second: of one GPU. utilization: the share of it that is reached.
    """
    require_positive(flops=flops, peak_flops_per_second=peak_flops_per_second)
    require_share(utilization=utilization)
    return flops / (SECOND_PER_GPU_HOUR * peak_flops_per_second * utilization)


def elapsed_hours(gpu_hours: float, gpus: float) -> float:
    """Return how long so many GPU-hours take on so many GPUs that never stop."""
    require_positive(gpu_hours=gpu_hours, gpus=gpus)
    return gpu_hours / gpus


def rental_usd(gpu_hours: float, usd_per_gpu_hour: float) -> float:
    """Return what GPU-hours cost at a rental price.

    Left out: people, data, storage, network, experiments and runs that failed.
    """
    require_positive(gpu_hours=gpu_hours, usd_per_gpu_hour=usd_per_gpu_hour)
    return gpu_hours * usd_per_gpu_hour


def model_flops_utilization(
    flops: float, gpu_hours: float, peak_flops_per_second: float
) -> float:
    """Return which share of the GPUs' peak went into the model's own arithmetic (MFU).

    flops: what the model needs, forward and backward. Work that is done twice to save
    memory does not count. peak_flops_per_second: of one GPU.

    Source: Chowdhery et al. 2022, https://arxiv.org/abs/2204.02311, section 4.1.
    """
    require_positive(flops=flops, gpu_hours=gpu_hours)
    require_positive(peak_flops_per_second=peak_flops_per_second)
    return flops / (gpu_hours * SECOND_PER_GPU_HOUR * peak_flops_per_second)


# --- The memory of training ---


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
    return sharded_training_state_bytes(parameters, gradient_byte_per_parameter, 1, 0)


def sharded_training_state_bytes(
    parameters: float, gradient_byte_per_parameter: float, gpus: float, stage: int
) -> float:
    """Return the bytes of that state on each of several GPUs that share it (ZeRO).

    stage: 0 shares nothing, 1 the optimizer's state, 2 the gradients as well, 3 the
    weights as well (FSDP). What a layer gathers while it computes comes on top.

    Source: Rajbhandari et al. 2020, https://arxiv.org/abs/1910.02054, section 5.
    """
    require_positive(parameters=parameters, gpus=gpus)
    require_positive(gradient_byte_per_parameter=gradient_byte_per_parameter)
    if stage not in (0, 1, 2, 3):
        raise ValueError(f"stage is {stage!r}: give 0, 1, 2 or 3")
    optimizer = 3 * FLOAT32_BYTE_PER_PARAMETER / (gpus if stage >= 1 else 1)
    gradient = gradient_byte_per_parameter / (gpus if stage >= 2 else 1)
    weight = BFLOAT16_BYTE_PER_PARAMETER / (gpus if stage >= 3 else 1)
    return parameters * (optimizer + gradient + weight)


def checkpointed_activation_bytes(
    layers: float, hidden_size: float, tokens: float
) -> float:
    """Return the bytes kept for the backward pass where each block is computed again.

    The input of each block, in bfloat16: the least that can be kept. The one block that
    is being computed again, and the scores over the vocabulary, come on top. tokens: of
    the batch on this GPU. hidden_size: values of a token between two blocks.

    Source: Korthikanti et al. 2022, https://arxiv.org/abs/2205.05198, section 5.
    """
    require_positive(layers=layers, hidden_size=hidden_size, tokens=tokens)
    return layers * hidden_size * tokens * BFLOAT16_BYTE_PER_VALUE


def recomputed_bytes(
    gpus: float, texts: float, tokens: float, layers: float, hidden_size: float
) -> float:
    """Return the same for all GPUs together, each with as many texts as the fullest.

    tokens: of one text.
    """
    require_positive(tokens=tokens)
    held = texts_on_fullest_gpu(texts, gpus) * tokens
    return gpus * checkpointed_activation_bytes(layers, hidden_size, held)


# --- Sending between GPUs in training ---


def sent_byte_per_parameter(
    byte_per_parameter: float, gradient_byte_per_parameter: float, gpus: float
) -> float:
    """Return what each of several GPUs sends in a step, for each parameter (FSDP).

    All is shared out (ZeRO, stage 3), and a GPU receives as much as it sends. It needs
    each weight twice, on the way forward and on the way back; each gradient goes to the
    GPU that has its weight. byte_per_parameter: of a weight, as it is sent.

    Source: Rajbhandari et al. 2020, https://arxiv.org/abs/1910.02054, section 7.
    """
    require_positive(byte_per_parameter=byte_per_parameter, gpus=gpus)
    require_positive(gradient_byte_per_parameter=gradient_byte_per_parameter)
    both_ways = 2 * byte_per_parameter + gradient_byte_per_parameter
    return both_ways * (gpus - ONE_GPU) / gpus


def tokens_to_hide_sending(
    sent_byte_per_parameter: float,
    flops_per_second: float,
    bytes_per_second: float,
) -> float:
    """Return the tokens a GPU must learn from in a step to compute as long as it sends.

    With fewer, GPUs wait for the network however well both overlap. The model's size
    cancels: a larger one computes more and sends more. flops_per_second: what a GPU
    reaches, not its peak. bytes_per_second: what reaches a GPU while it gathers; of
    GPUs that share a server, all its network cards together, for what has come into a
    server is passed on inside. Left out: the time that a message takes however short
    it is, and attention. So it is a lower bound.
    """
    require_positive(sent_byte_per_parameter=sent_byte_per_parameter)
    require_positive(flops_per_second=flops_per_second)
    require_positive(bytes_per_second=bytes_per_second)
    seconds_per_parameter = sent_byte_per_parameter / bytes_per_second
    flops = flops_per_second * seconds_per_parameter
    return flops / TRAINING_FLOP_PER_PARAMETER_TOKEN


# --- The memory of inference ---


def weight_bytes(parameters: float, byte_per_parameter: float) -> float:
    """Return the bytes of a model's weights.

    byte_per_parameter: 4 in float32, 2 in bfloat16.
    """
    require_positive(parameters=parameters, byte_per_parameter=byte_per_parameter)
    return parameters * byte_per_parameter


def bit_per_parameter(stored_bytes: float, parameters: float) -> float:
    """Return the bits that a stored weight takes, with its share of the scales."""
    require_positive(stored_bytes=stored_bytes, parameters=parameters)
    return stored_bytes * BIT_PER_BYTE / parameters


def quantized_weight_bytes(parameters: float, bit_per_parameter: float) -> float:
    """Return the bytes of a model's weights at so many bits each."""
    require_positive(bit_per_parameter=bit_per_parameter)
    return weight_bytes(parameters, bit_per_parameter / BIT_PER_BYTE)


# A model is described by what its layers keep of a text, as it is published.
# layers: all of them. window_layers: those that keep its last window_tokens only
# (sliding window; where attention works in chunks, a chunk). linear_layers: those that
# keep none of it but a state of fixed size (linear attention, state-space models).
# Each of the others keeps the whole text.


def full_layers(
    layers: float, window_layers: float, window_tokens: float, linear_layers: float
) -> float:
    """Return how many layers keep the whole text."""
    require_positive(layers=layers)
    require_not_negative(window_layers=window_layers, window_tokens=window_tokens)
    require_not_negative(linear_layers=linear_layers)
    if window_layers and not window_tokens:
        raise ValueError(f"window_tokens is {window_tokens!r}: give a number above 0")
    if window_layers + linear_layers > layers:
        raise ValueError(
            f"layers is {layers!r}: give all layers, at least as many as have a window"
            " or are linear"
        )
    return layers - window_layers - linear_layers


def kept_tokens(
    tokens: float,
    layers: float,
    window_layers: float,
    window_tokens: float,
    linear_layers: float,
) -> float:
    """Return how many tokens of one text the cache keeps, counted in each layer.

    Where attention works in chunks, a layer holds half a chunk on average, and this
    counts a whole one: right for the room, high for what a pass reads.
    """
    require_positive(tokens=tokens)
    whole = full_layers(layers, window_layers, window_tokens, linear_layers)
    return whole * tokens + window_layers * min(tokens, window_tokens)


def attended_pairs(
    tokens: float,
    layers: float,
    window_layers: float,
    window_tokens: float,
    linear_layers: float,
) -> float:
    """Return how often a token looks back to one as a text is read, in all layers.

    Each looks back to all before it and to itself, or to its window. Where attention
    works in chunks, that is about twice too much for those layers.
    """
    require_positive(tokens=tokens)
    whole = full_layers(layers, window_layers, window_tokens, linear_layers)
    window = min(tokens, window_tokens)
    in_window = window * (window + TOKEN_PER_REQUEST) / 2 + (tokens - window) * window
    in_whole = tokens * (tokens + TOKEN_PER_REQUEST) / 2
    return whole * in_whole + window_layers * in_window


def cached_values(kv_heads: float, head_size: float, latent_values: float) -> float:
    """Return how many values a layer caches of each token that it keeps.

    A key and a value for each of kv_heads, which are fewer than the query heads where
    these share them: Shazeer 2019, https://arxiv.org/abs/1911.02150. With multi-head
    latent attention (MLA) instead the latent_values that stand for the keys and values
    of all heads: DeepSeek-AI 2024, https://arxiv.org/abs/2405.04434. Give 0 without.
    """
    require_positive(kv_heads=kv_heads, head_size=head_size)
    require_not_negative(latent_values=latent_values)
    if latent_values:
        return LATENT_HEAD_PER_LAYER * latent_values
    return 2 * kv_heads * head_size


def kv_cache_bytes(
    layers: float,
    kv_heads: float,
    head_size: float,
    tokens: float,
    bytes_per_value: float,
) -> float:
    """Return the bytes of the KV cache of one text: tokens, read and written.

    For layers that keep the whole text, and keys and values of kv_heads each. For
    others multiply cached_values() by kept_tokens() and add the linear layers' state.
    """
    require_positive(layers=layers, tokens=tokens, bytes_per_value=bytes_per_value)
    values_per_token = layers * cached_values(kv_heads, head_size, 0)
    return values_per_token * tokens * bytes_per_value


def texts_on_fullest_gpu(texts: float, gpus: float) -> float:
    """Return how many texts the fullest of several GPUs holds, each text whole."""
    require_positive(texts=texts, gpus=gpus)
    return math.ceil(texts / gpus)


def kv_cache_copies(gpus: float, kv_heads: float) -> float:
    """Return how many times its size a KV cache takes that GPUs split by its heads.

    Each GPU has room for what the fullest holds, in whole heads (tensor parallel): once
    the size where the heads come out even, more where they do not, and where there are
    more GPUs than heads, so that several keep the same one.
    """
    require_positive(gpus=gpus, kv_heads=kv_heads)
    return gpus * math.ceil(kv_heads / gpus) / kv_heads


def texts_that_fit(
    memory_bytes: float, weight_bytes: float, bytes_per_text: float
) -> float:
    """Return how many texts fit beside the weights, 0 where not even these do."""
    require_positive(memory_bytes=memory_bytes, weight_bytes=weight_bytes)
    require_positive(bytes_per_text=bytes_per_text)
    texts = math.floor((memory_bytes - weight_bytes) / bytes_per_text)
    return max(0 * texts, texts)


def largest_batch(
    memory_bytes: float, weight_bytes: float, cache_bytes_per_request: float
) -> float:
    """Return how many requests fit at once beside the weights.

    Working memory is left out. Raises ValueError where not even one fits.
    """
    require_positive(memory_bytes=memory_bytes, weight_bytes=weight_bytes)
    require_positive(cache_bytes_per_request=cache_bytes_per_request)
    if weight_bytes >= memory_bytes:
        raise ValueError(
            f"the weights do not fit: they take {in_words(weight_bytes)}, and there are"
            f" {in_words(memory_bytes)}; take more GPUs, fewer bits or a smaller model"
        )
    left_bytes = memory_bytes - weight_bytes
    batch = texts_that_fit(memory_bytes, weight_bytes, cache_bytes_per_request)
    if not batch > 0:
        raise ValueError(
            f"the weights fit, but no request: one takes"
            f" {in_words(cache_bytes_per_request)}, and {in_words(left_bytes)}"
            " are left; take shorter texts, more GPUs or fewer bits"
        )
    return batch


def require_batch_fits(batch: float, largest_batch: float) -> None:
    """Raise ValueError where a batch is larger than the memory allows."""
    require_positive(batch=batch, largest_batch=largest_batch)
    if batch > largest_batch:
        raise ValueError(
            f"batch is {batch:.0f}: give at most {largest_batch:.0f}, for no more fit;"
            " or take shorter texts, more GPUs or fewer bits"
        )


def fewest_gpus(byte_per_gpu: float, needed: object) -> float:
    """Return the smallest power of two of GPUs that have room for what they need.

    byte_per_gpu: what one has free. needed: a function that returns the bytes that so
    many GPUs need together. Raises ValueError beyond 1,024 GPUs.
    """
    require_positive(byte_per_gpu=byte_per_gpu)
    gpus = ONE_GPU
    while gpus * byte_per_gpu < needed(gpus):
        if gpus >= MOST_GPU:
            raise ValueError(
                "not even 1,024 GPUs hold this: take a smaller model, fewer or shorter"
                " texts, or GPUs with more memory"
            )
        gpus = 2 * gpus
    return gpus


def in_words(size_bytes: float) -> str:
    """Return a size in GB, or in TB from 1,000 of them."""
    if size_bytes < 1e12:
        return f"{size_bytes / 1e9:.3g} GB"
    return f"{size_bytes / 1e12:.3g} TB"


# --- The time of inference ---


def least_pass_seconds(weight_bytes: float, bytes_per_second: float) -> float:
    """Return the time to read weights once: no pass that needs them all takes less.

    weight_bytes: of those that a pass reads. That leaves out an input table that the
    output does not share, and experts that no token picks (experts_met).
    bytes_per_second: the peak of the memory. The KV cache is left out, and so is the
    arithmetic, which overlaps with the reading.
    """
    require_positive(weight_bytes=weight_bytes, bytes_per_second=bytes_per_second)
    return weight_bytes / bytes_per_second


def ridge_batch(flops_per_second: float, bytes_per_second: float) -> float:
    """Return the batch at which a decode pass computes as long as it reads weights.

    Below it the reading of the bf16 weights sets the pace, above it arithmetic does:
    the ridge point of the roofline model, in tokens a pass. Both rates are peaks. For a
    dense model, and short texts: a mixture of experts reads more than it multiplies by,
    and a KV cache is read by one request alone, so no batch shares it.
    """
    require_positive(flops_per_second=flops_per_second)
    require_positive(bytes_per_second=bytes_per_second)
    weights_per_second = bytes_per_second / BFLOAT16_BYTE_PER_PARAMETER
    return flops_per_second / (weights_per_second * INFERENCE_FLOP_PER_PARAMETER_TOKEN)


def ridge_context(
    parameters: float,
    cache_bytes_per_token: float,
    attention_flops_per_token: float,
    flops_per_second: float,
    bytes_per_second: float,
) -> float:
    """Return the tokens of text beyond which no batch makes arithmetic the limit.

    Reading a request's own KV cache of that length takes as long as its arithmetic, and
    a larger batch brings as much more of both. parameters: those that a token is
    multiplied by. cache_bytes_per_token, attention_flops_per_token: what each further
    token of text adds to a pass, in the layers that keep it; what others add is left
    out. Both rates are peaks. Raises ValueError where attention computes for longer
    than it reads, as that of a latent (MLA) may: then there is no such length.
    """
    require_positive(parameters=parameters, flops_per_second=flops_per_second)
    require_positive(cache_bytes_per_token=cache_bytes_per_token)
    require_not_negative(attention_flops_per_token=attention_flops_per_token)
    require_positive(bytes_per_second=bytes_per_second)
    reading = cache_bytes_per_token / bytes_per_second
    computing = attention_flops_per_token / flops_per_second
    if computing >= reading:
        raise ValueError(
            f"attention_flops_per_token is {attention_flops_per_token!r}: give less, or"
            " there is no such length, for attention computes for longer than it reads"
        )
    alone = inference_flops(parameters, TOKEN_PER_REQUEST) / flops_per_second
    return alone / (reading - computing)


def expert_parameters(
    parameters: float, active_parameters: float, picked: float
) -> float:
    """Return how many parameters are in experts that a token may pick: 0 where it is.

    parameters: all, but for an input table that the output does not share: few of its
    rows are looked up. active_parameters: those of them that a token is multiplied by.
    picked: the share of its experts that a token picks. In a dense model all are
    active, whatever is picked.
    """
    require_positive(parameters=parameters, active_parameters=active_parameters)
    require_share(picked=picked)
    if active_parameters > parameters:
        raise ValueError(
            f"active_parameters is {active_parameters:g}: give at most all parameters"
        )
    if active_parameters == parameters:
        return 0 * parameters
    if picked * parameters > active_parameters:
        most = active_parameters / parameters
        raise ValueError(
            f"picked is {picked:g}: give at most {math.floor(most * 1e4) / 1e4:g}, the"
            " share of the parameters that work on a token"
        )
    return (parameters - active_parameters) / (1 - picked)


def experts_met(picked: float, batch: float) -> float:
    """Return which share of the experts some token of a pass picks.

    As if each were as likely as the next. batch: tokens in the pass: one of each
    request, or all of a prompt.
    """
    require_share(picked=picked)
    if not (is_finite(batch) and batch >= 1):
        raise ValueError(f"batch is {batch!r}: give 1 or more")
    return 1 - (1 - picked) ** batch


def roofline_seconds(
    flops: float,
    bytes_read: float,
    flops_per_second: float,
    bytes_per_second: float,
) -> float:
    """Return the time of a pass: whatever takes longer, arithmetic or reading.

    The two overlap. For a prompt (prefill) arithmetic mostly sets the pace, and reading
    for a pass that writes a token for each request (decode). flops: inference_flops()
    and attention_flops(). bytes_read: weights and KV caches. Both rates: what all GPUs
    reach together. Left out: talk between GPUs, the time to start each operation.

    Source: the roofline model, Williams et al. 2009,
    https://doi.org/10.1145/1498765.1498785.
    """
    require_positive(flops=flops, bytes_read=bytes_read)
    require_positive(flops_per_second=flops_per_second)
    require_positive(bytes_per_second=bytes_per_second)
    return max(flops / flops_per_second, bytes_read / bytes_per_second)


def decode_seconds_per_token(pass_seconds: float, batch: float) -> float:
    """Return the machine's time for one token, where a batch shares each pass."""
    require_positive(pass_seconds=pass_seconds, batch=batch)
    return pass_seconds / (batch * TOKEN_PER_REQUEST)


def tokens_per_pass(acceptance: float, guesses: float) -> float:
    """Return how many tokens a pass of the big model writes on average (speculation).

    acceptance: share of the draft's guesses that are right, each as likely as the next.
    guesses: how many it makes before each pass. Source: Leviathan et al. 2023,
    https://arxiv.org/abs/2211.17192, equation 1.
    """
    require_not_negative(acceptance=acceptance)
    require_positive(guesses=guesses)
    if acceptance > 1:
        raise ValueError(f"acceptance is {acceptance!r}: give a share from 0 to 1")
    if acceptance == 1:
        return guesses + 1
    return (1 - acceptance ** (guesses + 1)) / (1 - acceptance)


def speculative_speed(acceptance: float, guesses: float, draft_cost: float) -> float:
    """Return how many times as fast speculation is, where checking costs no more time.

    draft_cost: time of one pass of the draft, as a share of the big model's. Checking
    all guesses is held to take as long as writing one token: true while the processor
    has arithmetic to spare. Source: theorem 3.8 of the same paper.
    """
    require_not_negative(draft_cost=draft_cost)
    return tokens_per_pass(acceptance, guesses) / (guesses * draft_cost + 1)


# --- The price of inference ---


def usd_per_million_tokens(
    seconds_per_token: float, gpus: float, usd_per_gpu_hour: float, utilization: float
) -> float:
    """Return what a million tokens cost on rented GPUs.

    seconds_per_token: the time that all GPUs together take. utilization: the share of
    the paid hours in which they work; idle hours are paid as well.
    """
    require_positive(seconds_per_token=seconds_per_token, gpus=gpus)
    require_positive(usd_per_gpu_hour=usd_per_gpu_hour)
    require_share(utilization=utilization)
    usd_per_second = gpus * usd_per_gpu_hour / SECOND_PER_HOUR
    return 1e6 * seconds_per_token * usd_per_second / utilization


def usd_per_million_tokens_at(
    tokens_per_second: float,
    gpus: float,
    usd_per_gpu_hour: float,
    utilization: float = 1.0,
) -> float:
    """Return the same from the tokens a second that all GPUs were seen to write."""
    require_positive(tokens_per_second=tokens_per_second)
    return usd_per_million_tokens(
        1 / tokens_per_second, gpus, usd_per_gpu_hour, utilization
    )


def usd_per_million(usd: float, tokens: float) -> float:
    """Return what a million tokens cost, where the whole bill is known."""
    require_not_negative(usd=usd)
    require_positive(tokens=tokens)
    return 1e6 * usd / tokens


def api_usd(
    input_tokens: float,
    output_tokens: float,
    usd_per_million_input_tokens: float,
    usd_per_million_output_tokens: float,
) -> float:
    """Return what a provider's API charges for tokens read and tokens written."""
    require_not_negative(input_tokens=input_tokens, output_tokens=output_tokens)
    require_not_negative(usd_per_million_input_tokens=usd_per_million_input_tokens)
    require_not_negative(usd_per_million_output_tokens=usd_per_million_output_tokens)
    reading = input_tokens * usd_per_million_input_tokens / 1e6
    return reading + output_tokens * usd_per_million_output_tokens / 1e6


def hosting_usd_per_month(gpus: float, usd_per_gpu_hour: float) -> float:
    """Return the rent of GPUs that are kept day and night.

    Left out: people, network and storage.
    """
    require_positive(gpus=gpus, usd_per_gpu_hour=usd_per_gpu_hour)
    return gpus * usd_per_gpu_hour * HOUR_PER_MONTH


def requests_per_month(seconds_per_request: float, utilization: float) -> float:
    """Return how many requests one set of GPUs answers in a month.

    seconds_per_request: the time that the GPUs take for it, shared with its batch.
    """
    require_positive(seconds_per_request=seconds_per_request)
    require_share(utilization=utilization)
    return HOUR_PER_MONTH * SECOND_PER_HOUR * utilization / seconds_per_request


# --- How much is asked ---


def busiest_requests_per_second(
    people: float, questions_per_day: float, busiest: float
) -> float:
    """Return how many requests come in a second of the busiest hour.

    questions_per_day: of each of the people. busiest: that hour's requests against the
    average hour's, at least 1: people's questions come in waves.
    """
    require_positive(people=people, questions_per_day=questions_per_day)
    require_positive(busiest=busiest)
    if busiest < 1:
        raise ValueError(f"busiest is {busiest!r}: give at least 1, for no waves")
    return people * questions_per_day * busiest / SECOND_PER_DAY


def sets_of_gpus(load: float) -> float:
    """Return how many sets of GPUs are rented, each with the whole model on it.

    load: requests a second of the busiest hour, times the seconds that one set takes
    for each. Whoever comes is answered at once, so the rent is for that hour.
    """
    require_positive(load=load)
    return math.ceil(load)


# --- Break-even ---


def break_even_utilization(
    usd_per_month: float, api_usd_per_request: float, requests_at_full_use: float
) -> float:
    """Return how busy rented GPUs must be to cost as little as an API.

    requests_at_full_use: what they answer in a month without a pause. Above 1 they
    never get there.
    """
    require_positive(usd_per_month=usd_per_month)
    require_positive(api_usd_per_request=api_usd_per_request)
    require_positive(requests_at_full_use=requests_at_full_use)
    return usd_per_month / (api_usd_per_request * requests_at_full_use)


# --- Energy ---


def energy_watt_hours(gpu_hours: float, watts_per_gpu: float, overhead: float) -> float:
    """Return the energy of so many GPU-hours.

    watts_per_gpu: the most it may draw (TDP) gives an upper bound for the GPUs. Hosts
    and network come on top. overhead: what the data center draws in all against what
    its computers draw (PUE), at least 1.
    """
    require_positive(gpu_hours=gpu_hours, watts_per_gpu=watts_per_gpu)
    require_positive(overhead=overhead)
    if overhead < 1:
        raise ValueError(
            f"overhead is {overhead!r}: give at least 1, for no overhead at all"
        )
    return gpu_hours * watts_per_gpu * overhead
