"""What answers cost on rented GPUs, and how long they take."""

from costs import (
    BFLOAT16_BYTE_PER_VALUE,
    SECOND_PER_HOUR,
    TOKEN_PER_REQUEST,
    decode_pass_seconds,
    decode_seconds_per_token,
    energy_watt_hours,
    kv_cache_bytes,
    kv_cache_copies,
    largest_batch,
    least_pass_seconds,
    parameters_read,
    prefill_seconds,
    quantized_weight_bytes,
    require_batch_fits,
    require_positive,
    require_share,
    usd_per_million_tokens,
)

parameters = 70e9
active = 1  # the share of them that a token meets; all without experts
picked = 1  # the share of its experts that a token picks; all without experts
bit_per_parameter = 16
layers = 80
kv_heads = 8
head_size = 128
prompt_tokens = 1000
answer_tokens = 500
batch = 32  # requests that are answered at the same time
gpus = 4
memory_bytes = 80e9  # of one GPU
flops_per_second = 989e12  # the peak of one GPU
bytes_per_second = 3.35e12  # the peak of one GPU
reached_compute = 0.4  # the share of that peak that is reached
reached_bandwidth = 0.6
usable = 0.9  # the share of the memory that is free for the model
usd_per_gpu_hour = 3.99
utilization = 0.5  # the share of the paid hours in which the GPUs work
watts_per_gpu = 700
overhead = 1.1  # of the data center (PUE)

# Does the batch fit?
require_share(active=active, reached_compute=reached_compute)
require_share(reached_bandwidth=reached_bandwidth, usable=usable)
require_positive(prompt_tokens=prompt_tokens, answer_tokens=answer_tokens)
require_positive(batch=batch, gpus=gpus, memory_bytes=memory_bytes)
require_positive(flops_per_second=flops_per_second, bytes_per_second=bytes_per_second)
weights = quantized_weight_bytes(parameters, bit_per_parameter)
longest = prompt_tokens + answer_tokens
shape = (layers, kv_heads, head_size)
cache = kv_cache_bytes(*shape, longest, BFLOAT16_BYTE_PER_VALUE)
# Each GPU takes some heads of all requests; a head may be kept by several.
copies = kv_cache_copies(gpus, kv_heads)
most_requests = largest_batch(gpus * memory_bytes * usable, weights, copies * cache)
require_batch_fits(batch, most_requests)

# How long does it take? On average an answer is half written.
active_parameters = active * parameters
compute = gpus * flops_per_second * reached_compute
bandwidth = gpus * bytes_per_second * reached_bandwidth
model = (parameters, active_parameters, picked)
met = parameters_read(*model, prompt_tokens)
met_bytes = quantized_weight_bytes(met, bit_per_parameter)
reading_seconds = max(
    prefill_seconds(active_parameters, prompt_tokens, compute),
    least_pass_seconds(met_bytes, bandwidth),
)
read_bytes = quantized_weight_bytes(parameters_read(*model, batch), bit_per_parameter)
halfway = prompt_tokens + answer_tokens / 2
written = kv_cache_bytes(*shape, halfway, BFLOAT16_BYTE_PER_VALUE)
read_bytes += batch * copies * written
pass_seconds = decode_pass_seconds(
    active_parameters, batch, read_bytes, compute, bandwidth
)

# What does it cost? Reading a prompt takes the GPUs alone, writing shares each pass.
seconds_per_input_token = reading_seconds / prompt_tokens
seconds_per_output_token = decode_seconds_per_token(pass_seconds, batch)
rented = (gpus, usd_per_gpu_hour, utilization)
usd_per_million_input_tokens = usd_per_million_tokens(seconds_per_input_token, *rented)
usd_per_million_output_tokens = usd_per_million_tokens(
    seconds_per_output_token, *rented
)
usd_per_request = (
    prompt_tokens * usd_per_million_input_tokens
    + answer_tokens * usd_per_million_output_tokens
) / 1e6

busy_seconds = reading_seconds + answer_tokens * seconds_per_output_token
tokens_per_second = answer_tokens / busy_seconds
# Between two tokens of a request, prompts of others are read, too.
seconds_between_tokens = batch * TOKEN_PER_REQUEST / tokens_per_second
gpu_hours = gpus * busy_seconds / SECOND_PER_HOUR
watt_hours_per_request = energy_watt_hours(gpu_hours, watts_per_gpu, overhead)
