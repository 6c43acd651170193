"""What it costs to train a model on rented GPUs."""

from costs import (
    elapsed_hours,
    energy_watt_hours,
    gpu_hours,
    inference_tokens_for_training,
    rental_usd,
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

flops = training_flops(parameters, tokens)
hours = gpu_hours(flops, flops_per_second, utilization)
elapsed = elapsed_hours(hours, gpus)
usd = rental_usd(hours, usd_per_gpu_hour)
watt_hours = energy_watt_hours(hours, watts_per_gpu, overhead)
as_many_tokens_of_use = inference_tokens_for_training(tokens)
