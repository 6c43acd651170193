"""The smallest inference: load the weights, read a question, write the answer."""

import torch
from safetensors.torch import load_model

from casebook import NEWLINE, detokenize, tokenize
from engine import generate
from tiny_gpt import GPT, Config

model = GPT(Config())
load_model(model, "casebook.safetensors")  # train.py writes this file
question = "\nWatson: Adair has ink on the cuff and a tartan scarf.\nHolmes: "
prompt = torch.tensor([tokenize(question)])  # (1, length)
rows = generate(model, prompt, new_tokens=40, stop_token=NEWLINE)
print(detokenize(rows[0, prompt.shape[1] :].tolist()))
