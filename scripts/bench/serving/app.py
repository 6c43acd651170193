"""Our small model on Ray Serve: replicas that answer over HTTP, each in batches.

It speaks as much of OpenAI's API as a completion needs. FastAPI refuses what is malformed or too long.
"""

import os
from typing import Annotated, Any

import torch
from fastapi import FastAPI
from pydantic import BaseModel, Field, StringConstraints
from ray import serve
from safetensors.torch import load_model

from casebook import NEWLINE, detokenize, tokenize
from engine import KVCache, SlotCache, decode, prefill
from scripts.run import ROOT
from tiny_gpt import GPT, Config

MOST_TOKENS = 40  # of an answer
MOST_CHARACTERS = Config().context - MOST_TOKENS  # of a prompt
app = FastAPI()


class Request(BaseModel):
    """What is asked. Other fields of OpenAI's API are taken, and not looked at."""

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS, pattern=r"^[\x00-\x7f]*$")]
    max_tokens: int = Field(MOST_TOKENS, ge=1, le=MOST_TOKENS)


@torch.inference_mode()
def answers(model: GPT, prompts: list[str]) -> list[str]:
    """Return the likeliest answer to each prompt: each is read alone, then all are written together."""
    cache = SlotCache(model.config, len(prompts), like=model.embedding.weight)
    written = torch.full((len(prompts), MOST_TOKENS), NEWLINE)
    for slot, prompt in enumerate(prompts):
        read = KVCache(model.config, 1, like=model.embedding.weight)
        written[slot, 0] = prefill(model, torch.tensor([tokenize(prompt)]), read).argmax()
        cache.fill(slot, read)
    for at in range(1, MOST_TOKENS):
        if (written[:, :at] == NEWLINE).any(dim=1).all():
            break
        written[:, at] = decode(model, written[:, at - 1 : at], cache).argmax(-1)
    return [detokenize(row).partition("\n")[0] for row in written.tolist()]


@serve.deployment(max_ongoing_requests=64)
@serve.ingress(app)
class Detective:
    """A replica: one process, with a model of its own."""

    def __init__(self, batch: int) -> None:
        torch.set_num_threads(1)
        self.model = GPT(Config())
        load_model(self.model, ROOT / "snippets" / "casebook.safetensors")
        self.answer.set_max_batch_size(batch)

    @serve.batch(max_batch_size=16, batch_wait_timeout_s=0.005)
    async def answer(self, prompts: list[str]) -> list[str]:
        """Answer what came in while the last batch was written."""
        return answers(self.model, prompts)

    @app.post("/v1/completions")
    async def complete(self, request: Request) -> dict[str, Any]:
        """Return a completion; its id says which process wrote it."""
        text = await self.answer(request.prompt)
        return {"id": str(os.getpid()), "object": "text_completion", "choices": [{"index": 0, "text": text}]}
