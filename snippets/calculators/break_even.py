"""From how many requests on your own GPUs cost less than an API."""

from costs import (
    api_usd,
    break_even_utilization,
    hosting_usd_per_month,
    requests_per_month,
    require_positive,
)

requests = 1e6  # a month
prompt_tokens = 1000
answer_tokens = 1000
usd_per_million_input_tokens = 0.1  # the API's price
usd_per_million_output_tokens = 0.32
gpus = 2
usd_per_gpu_hour = 3.49
tokens_per_second = 4205  # what these GPUs write together while they have work

require_positive(requests=requests, answer_tokens=answer_tokens)
require_positive(tokens_per_second=tokens_per_second)
api_usd_per_request = api_usd(
    prompt_tokens,
    answer_tokens,
    usd_per_million_input_tokens,
    usd_per_million_output_tokens,
)
api_usd_per_month = requests * api_usd_per_request
hosting_usd = hosting_usd_per_month(gpus, usd_per_gpu_hour)
most_requests = requests_per_month(answer_tokens / tokens_per_second, utilization=1)
if requests > most_requests:
    raise ValueError(
        f"requests is {requests:g}, and these GPUs answer at most {most_requests:.0f}"
        " a month: take more GPUs, with what they write together, or fewer requests"
    )
busy = requests / most_requests
hosting_usd_per_request = hosting_usd / requests
break_even = break_even_utilization(hosting_usd, api_usd_per_request, most_requests)
break_even_requests = break_even * most_requests
