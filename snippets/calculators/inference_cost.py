"""What it costs to answer people with a model on rented GPUs, and how long it takes."""

from costs import (
    BIT_PER_BYTE,
    DAY_PER_MONTH,
    LATENT_HEAD_PER_LAYER,
    ROUND_PER_REQUEST,
    SECOND_PER_HOUR,
    TOKEN_PER_REQUEST,
    attended_pairs,
    attention_flops,
    busiest_requests_per_second,
    cached_values,
    decode_seconds_per_token,
    energy_watt_hours,
    expert_parameters,
    experts_met,
    fewest_gpus,
    hosting_usd_per_month,
    inference_flops,
    kept_tokens,
    kv_cache_copies,
    largest_batch,
    quantized_weight_bytes,
    require_batch_fits,
    require_not_negative,
    require_positive,
    require_share,
    roofline_seconds,
    sets_of_gpus,
    usd_per_million_tokens,
)

people = 1000
questions = 10  # a day, of each
busiest = 2  # the busiest hour's questions against the average hour's
parameters = 70e9
table_parameters = 1.050673152e9  # of them, an input table, looked up by row
active = 1  # the share of the rest that a token is multiplied by; all without experts
picked = 1  # the share of its experts that a token picks; all without experts
bit_per_parameter = 16  # on average
shared_bit_per_parameter = 16  # with experts, of what every token meets
layers = 80
window_layers = 0  # of them, those that keep only the end of a text,
window_tokens = 0  # so many tokens
linear_layers = 0  # of them, those that keep a state of fixed size instead
state_bytes = 0  # of a text, in all these
heads = 64
kv_heads = 8
head_size = 128
latent_values = 0  # of a token in a layer, with a latent (MLA) for keys and values
latent_size = 0  # what a head meets of it: the mean of scoring and of adding up
bit_per_value = 16  # of the KV cache
prompt_tokens = 1000
answer_tokens = 500
batch = 32  # requests that one set of GPUs answers at the same time, at most
gpus = 0  # in a set, which holds the model; 0 for as few as hold it
memory_bytes = 80e9  # of one GPU
flops_per_second = 989e12  # the peak of one GPU
bytes_per_second = 3.35e12  # the peak of one GPU
reached_compute = 0.5  # the share of that peak that is reached
reached_bandwidth = 0.6
usable = 0.9  # the share of the memory that is free for the model
usd_per_gpu_hour = 3.99
watts_per_gpu = 700
overhead = 1.1  # of the data center (PUE)

# Does the batch fit?
require_share(active=active, reached_compute=reached_compute)
require_share(reached_bandwidth=reached_bandwidth, usable=usable)
require_positive(prompt_tokens=prompt_tokens, answer_tokens=answer_tokens)
require_positive(batch=batch, bit_per_value=bit_per_value)
require_not_negative(gpus=gpus)
require_positive(memory_bytes=memory_bytes)
require_positive(flops_per_second=flops_per_second, bytes_per_second=bytes_per_second)
require_not_negative(table_parameters=table_parameters, state_bytes=state_bytes)
require_positive(shared_bit_per_parameter=shared_bit_per_parameter)
if latent_values:
    require_positive(latent_size=latent_size)
weights = quantized_weight_bytes(parameters, bit_per_parameter)
longest = prompt_tokens + answer_tokens
kinds = (layers, window_layers, window_tokens, linear_layers)
values = cached_values(kv_heads, head_size, latent_values)
kept = kept_tokens(longest, *kinds)
if not kept:  # all layers are linear
    require_positive(state_bytes=state_bytes)
keys_and_values = values * kept * bit_per_value / BIT_PER_BYTE
cache = keys_and_values + state_bytes
# Each GPU takes some heads of all texts; a head, or a latent, may be kept by several.
split = LATENT_HEAD_PER_LAYER if latent_values else kv_heads
free = memory_bytes * usable
gpus_per_set = gpus or fewest_gpus(
    free,
    lambda gpus: (
        weights + batch * (keys_and_values * kv_cache_copies(gpus, split) + state_bytes)
    ),
)
copies = kv_cache_copies(gpus_per_set, split)
room = gpus_per_set * free
held_bytes = copies * keys_and_values + state_bytes
taken_bytes = weights + batch * held_bytes
most_requests = largest_batch(room, weights, held_bytes)
require_batch_fits(batch, most_requests)

# How long does it take to read a prompt?
if table_parameters >= parameters:
    raise ValueError(f"table_parameters is {table_parameters!r}: give less than all")
untabled = parameters - table_parameters
active_parameters = active * untabled
experts = expert_parameters(untabled, active_parameters, picked)
shared = untabled - experts
shared_bits = shared_bit_per_parameter if experts else bit_per_parameter
shared_bytes = shared * shared_bits / BIT_PER_BYTE
table_bytes = table_parameters * shared_bits / BIT_PER_BYTE
expert_bytes = max(0 * weights, weights - shared_bytes - table_bytes)
if experts and not expert_bytes:
    raise ValueError(
        f"shared_bit_per_parameter is {shared_bit_per_parameter!r}: give less, for at"
        " so many bits on average nothing is left for the experts"
    )
compute = gpus_per_set * flops_per_second * reached_compute
bandwidth = gpus_per_set * bytes_per_second * reached_bandwidth
pairs = attended_pairs(prompt_tokens, *kinds)
reading_flops = inference_flops(active_parameters, prompt_tokens)
reading_flops += attention_flops(heads, head_size, pairs)
met_bytes = shared_bytes + expert_bytes * experts_met(picked, prompt_tokens)
met_bytes *= ROUND_PER_REQUEST
reading_seconds = roofline_seconds(reading_flops, met_bytes, compute, bandwidth)

# And to write a token for each request? On average an answer is half written.
held = kept_tokens(prompt_tokens + answer_tokens / 2, *kinds)
compared = latent_size if latent_values else head_size
writing_flops = inference_flops(active_parameters, batch * TOKEN_PER_REQUEST)
writing_flops += attention_flops(heads, compared, batch * held)
read_bytes = shared_bytes + expert_bytes * experts_met(picked, batch)
# Keys and values are read, and a state is read and written.
read_bytes += batch * copies * values * held * bit_per_value / BIT_PER_BYTE
read_bytes += batch * 2 * state_bytes
pass_seconds = roofline_seconds(writing_flops, read_bytes, compute, bandwidth)

# How many sets of GPUs? Questions come in waves, and nobody should queue in the busiest
# hour. So that hour decides what is rented, and the rent is for all hours. How many are
# answered at once follows from it; a set's batch is the most that it takes, because
# each answer slows down as more share the passes.
seconds_per_input_token = reading_seconds / prompt_tokens  # it takes the GPUs alone
seconds_per_output_token = decode_seconds_per_token(pass_seconds, batch)  # shared
busy_seconds = reading_seconds + answer_tokens * seconds_per_output_token
per_second = busiest_requests_per_second(people, questions, busiest)
load = per_second * busy_seconds
sets = sets_of_gpus(load)
rented_gpus = sets * gpus_per_set
utilization = load / (sets * busiest)  # the share of the paid hours with work

# What does it cost?
requests = people * questions * DAY_PER_MONTH
usd_per_month = hosting_usd_per_month(rented_gpus, usd_per_gpu_hour)
usd_at_work = utilization * usd_per_month
usd_per_thousand = 1000 * usd_per_month / requests
rented = (gpus_per_set, usd_per_gpu_hour, utilization)
usd_per_million_input_tokens = usd_per_million_tokens(seconds_per_input_token, *rented)
usd_per_million_output_tokens = usd_per_million_tokens(
    seconds_per_output_token, *rented
)

tokens_per_second = answer_tokens / busy_seconds
# Between two tokens of a request, prompts of others are read, too.
seconds_between_tokens = batch * TOKEN_PER_REQUEST / tokens_per_second
answer_seconds = batch * busy_seconds
at_once = per_second * answer_seconds  # Little's law
gpu_hours = gpus_per_set * busy_seconds / SECOND_PER_HOUR
watt_hours_per_request = energy_watt_hours(gpu_hours, watts_per_gpu, overhead)
