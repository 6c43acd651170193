"""What it costs to train a model on rented GPUs."""

from costs import (
    SECOND_PER_GPU_HOUR,
    elapsed_hours,
    energy_watt_hours,
    gpu_hours,
    inference_tokens_for_training,
    rental_usd,
    require_positive,
    training_flops,
)

parameters = 405e9  # those that a token meets
tokens = 15.6e12
flops_per_second = 989e12  # the peak of one GPU
utilization = 0.4  # the share of it that goes into the model (MFU)
gpus = 16384
usd_per_gpu_hour = 3.99
watts_per_gpu = 700
overhead = 1.1  # of the data center (PUE)
tuning_tokens = 10e6  # to fine-tune a model of 8 billion parameters instead, with LoRA
usd_per_million_tuning_tokens = 0.46  # of a hosted service
tuning_tokens_per_second = 3083  # that a small GPU was measured to learn from

flops = training_flops(parameters, tokens)
hours = gpu_hours(flops, flops_per_second, utilization)
elapsed = elapsed_hours(hours, gpus)
usd = rental_usd(hours, usd_per_gpu_hour)
watt_hours = energy_watt_hours(hours, watts_per_gpu, overhead)
as_many_tokens_of_use = inference_tokens_for_training(tokens)

# To adapt a model takes far less: it learns from few texts, and most weights stay.
require_positive(tuning_tokens=tuning_tokens)
require_positive(usd_per_million_tuning_tokens=usd_per_million_tuning_tokens)
require_positive(tuning_tokens_per_second=tuning_tokens_per_second)
tuning_usd = tuning_tokens * usd_per_million_tuning_tokens / 1e6
tuning_hours = tuning_tokens / tuning_tokens_per_second / SECOND_PER_GPU_HOUR
tuning_rent_usd = rental_usd(tuning_hours, usd_per_gpu_hour)
