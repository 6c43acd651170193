"""What an API charges for so many chats a month, and what rented GPUs do."""

from costs import (
    api_usd,
    break_even_utilization,
    hosting_usd_per_month,
    requests_per_month,
    require_positive,
    require_share,
    sets_of_gpus,
)

requests = 1e6  # a month
prompt_tokens = 1000
answer_tokens = 1000
usd_per_million_input_tokens = 0.1  # the API's price
usd_per_million_output_tokens = 0.32
gpus = 2
usd_per_gpu_hour = 3.99
tokens_per_second = 4205  # what these GPUs write together while they have work,
measured_prompt_tokens = 1000  # measured with requests of this length
measured_answer_tokens = 1000
read_over_write = 0.5  # time to read a token, against writing one
busiest = 2  # the busiest hour's requests against the average hour's
spread = 0.4  # how far a price may be off, as a share of it

require_positive(requests=requests, answer_tokens=answer_tokens)
require_positive(tokens_per_second=tokens_per_second)
require_positive(measured_prompt_tokens=measured_prompt_tokens)
require_positive(measured_answer_tokens=measured_answer_tokens)
require_positive(read_over_write=read_over_write)
require_share(spread=spread)
if not busiest >= 1:
    raise ValueError(f"busiest is {busiest!r}: give at least 1, for no waves")
api_usd_per_request = api_usd(
    prompt_tokens,
    answer_tokens,
    usd_per_million_input_tokens,
    usd_per_million_output_tokens,
)
api_usd_per_month = requests * api_usd_per_request
if not api_usd_per_request > 0:
    raise ValueError(
        "at these prices the API is free, so GPUs never pay: give a price, and tokens"
    )

# While these GPUs wrote what was measured, they read prompts as well.
read_as_written = measured_prompt_tokens * read_over_write
seconds_per_token = measured_answer_tokens / (
    tokens_per_second * (measured_answer_tokens + read_as_written)
)
seconds_per_request = seconds_per_token * (
    prompt_tokens * read_over_write + answer_tokens
)
most_requests = requests_per_month(seconds_per_request, utilization=1)

# The busiest hour decides how many are rented, and the rent is for all hours.
sets = sets_of_gpus(requests * busiest / most_requests)
rented_gpus = sets * gpus
set_usd = hosting_usd_per_month(gpus, usd_per_gpu_hour)
hosting_usd = sets * set_usd
busy = requests / (sets * most_requests)
hosting_usd_per_request = hosting_usd / requests
break_even = break_even_utilization(set_usd, api_usd_per_request, most_requests)
break_even_requests = break_even * most_requests
