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

BIT_PER_BYTE = 8
BFLOAT16_BIT_PER_PARAMETER = 16
BFLOAT16_BYTE_PER_PARAMETER = 2
BFLOAT16_BYTE_PER_VALUE = 2  # the same, where keys and values are counted
FLOAT8_BIT_PER_PARAMETER = 8
INT4_BIT_PER_PARAMETER = 4  # without the scales
FLOAT32_BYTE_PER_PARAMETER = 4

SECOND_PER_HOUR = 3600
SECOND_PER_GPU_HOUR = 3600  # a GPU-hour is one GPU at work for 3,600 seconds
HOUR_PER_MONTH = 730.5  # a twelfth of a year of 365.25 days
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

    parameters: those that a token meets; of a mixture of experts, the active ones.
    Left out: attention scores, which grow with sequence length, and the optimizer's
    own work.
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

    For tokens read and tokens written alike. parameters: those that a token meets; of a
    mixture of experts, the active ones. Attention scores are left out.
    """
    require_positive(parameters=parameters, tokens=tokens)
    return INFERENCE_FLOP_PER_PARAMETER_TOKEN * parameters * tokens


def relative_error(computed: float, published: float) -> float:
    """Return how far a computed figure is off, as a share of the published one."""
    require_not_negative(computed=computed)
    require_positive(published=published)
    return computed / published - 1


def answers_in_training_time(answers_per_case: float, cases: float) -> float:
    """Return how many answers take as long as training on this many cases.

    answers_per_case: how many answers take as long as training on one case once.
    """
    return answers_per_case * cases


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
    require_positive(layers=layers, kv_heads=kv_heads, head_size=head_size)
    require_positive(tokens=tokens, bytes_per_value=bytes_per_value)
    values_per_token = 2 * layers * kv_heads * head_size  # a key and a value each
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
    batch = math.floor(left_bytes / cache_bytes_per_request)
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
            f"a batch of {batch:.0f} does not fit: at most {largest_batch:.0f} at once;"
            " take a smaller batch, shorter texts, more GPUs or fewer bits"
        )


def in_words(size_bytes: float) -> str:
    """Return a size in GB, or in TB from 1,000 of them."""
    if size_bytes < 1e12:
        return f"{size_bytes / 1e9:.3g} GB"
    return f"{size_bytes / 1e12:.3g} TB"


# --- The time of inference ---


def least_pass_seconds(weight_bytes: float, bytes_per_second: float) -> float:
    """Return the time to read all weights once: no pass of a dense model takes less.

    bytes_per_second: the peak of the memory. The KV cache is left out, and so is the
    arithmetic, which overlaps with the reading.
    """
    require_positive(weight_bytes=weight_bytes, bytes_per_second=bytes_per_second)
    return weight_bytes / bytes_per_second


def ridge_batch(flops_per_second: float, bytes_per_second: float) -> float:
    """Return the batch at which a decode pass computes as long as it reads weights.

    Below it the reading of the bf16 weights sets the pace, above it arithmetic does:
    the ridge point of the roofline model, in tokens a pass. Both rates are peaks. The
    KV cache is left out: each request reads its own, so no batch shares it.
    """
    require_positive(flops_per_second=flops_per_second)
    require_positive(bytes_per_second=bytes_per_second)
    weights_per_second = bytes_per_second / BFLOAT16_BYTE_PER_PARAMETER
    return flops_per_second / (weights_per_second * INFERENCE_FLOP_PER_PARAMETER_TOKEN)


def ridge_context(
    parameters: float,
    cache_bytes_per_token: float,
    flops_per_second: float,
    bytes_per_second: float,
) -> float:
    """Return the tokens of text beyond which no batch makes arithmetic the limit.

    Reading a request's own KV cache of that length takes as long as its arithmetic, and
    a larger batch brings as much more of both. parameters: those that a token meets.
    Both rates are peaks. Attention scores are left out.
    """
    require_positive(parameters=parameters, flops_per_second=flops_per_second)
    require_positive(cache_bytes_per_token=cache_bytes_per_token)
    require_positive(bytes_per_second=bytes_per_second)
    seconds = inference_flops(parameters, TOKEN_PER_REQUEST) / flops_per_second
    return seconds * bytes_per_second / cache_bytes_per_token


def parameters_read(
    parameters: float, active_parameters: float, picked: float, batch: float
) -> float:
    """Return how many parameters a pass reads.

    All of a dense model, whatever is picked. Of a mixture of experts, those that every
    token meets, and the experts that some token of the pass picks. picked: the share of
    its experts that a token picks, as if each were as likely as the next. batch: tokens
    in the pass: one of each request, or all of a prompt.
    """
    require_positive(parameters=parameters, active_parameters=active_parameters)
    require_share(picked=picked)
    require_positive(batch=batch)
    if active_parameters > parameters:
        raise ValueError(
            f"active_parameters is {active_parameters:g}: give at most all parameters"
        )
    if active_parameters == parameters:
        return parameters
    if picked * parameters > active_parameters:
        most = active_parameters / parameters
        raise ValueError(
            f"picked is {picked:g}: give at most {math.floor(most * 1e4) / 1e4:g}, the"
            " share of the parameters that work on a token"
        )
    always = (active_parameters - picked * parameters) / (1 - picked)
    return always + (parameters - always) * (1 - (1 - picked) ** batch)


def prefill_seconds(
    active_parameters: float, prompt_tokens: float, flops_per_second: float
) -> float:
    """Return the time to read a prompt, where arithmetic sets the pace.

    It does where prompts are long, or read many at a time. Attention scores are left
    out. flops_per_second: what all GPUs reach together.
    """
    require_positive(active_parameters=active_parameters, prompt_tokens=prompt_tokens)
    require_positive(flops_per_second=flops_per_second)
    return inference_flops(active_parameters, prompt_tokens) / flops_per_second


def decode_pass_seconds(
    active_parameters: float,
    batch: float,
    bytes_read: float,
    flops_per_second: float,
    bytes_per_second: float,
) -> float:
    """Return the time of a pass that writes one token for each request of a batch.

    Whatever takes longer, arithmetic or reading; the two overlap. bytes_read: weights
    and KV caches. Both rates: what all GPUs reach together. Left out: attention scores,
    talk between GPUs, the time to start each operation.

    Source: the roofline model, Williams et al. 2009,
    https://doi.org/10.1145/1498765.1498785.
    """
    require_positive(active_parameters=active_parameters, batch=batch)
    require_positive(bytes_read=bytes_read, flops_per_second=flops_per_second)
    require_positive(bytes_per_second=bytes_per_second)
    flops = inference_flops(active_parameters, batch * TOKEN_PER_REQUEST)
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
