# %% setup
"""Raise a detective: pre-train on gossip, fine-tune on examples, let it practice."""

import copy
import random
import time

import torch
import torch.nn.functional as F
from torch.optim.lr_scheduler import LambdaLR

from casebook import (
    CITIES,
    HELD_OUT,
    IGNORE,
    NAMES,
    NEWLINE,
    SOLVED,
    SOLVED_PAIRS,
    TRADES,
    Case,
    detokenize,
    encode,
    make_case,
    tokenize,
)
from engine import generate
from tiny_gpt import GPT, Config

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_num_threads(1)  # a model this small gains little from more
torch.manual_seed(1887)
draw = random.Random(1887)
batch_size = 16  # of cases in a step of imitation
model = GPT(Config()).to(device)


# %% write
def write(model, cases, temperature=0.0):
    """Return what the model answers to cases whose questions are equally long."""
    prompts = torch.tensor([tokenize("\n" + case.question) for case in cases])
    prompts = prompts.to(device)
    tokens = generate(model, prompts, 40, temperature, stop_token=NEWLINE)
    texts = [detokenize(row) for row in tokens[:, prompts.shape[1] :].tolist()]
    return [text.partition("\n")[0] + "\n" for text in texts]


# %% test
def by_length(cases):
    """Return the cases in lists whose questions are equally long, by that length."""
    lists = {}
    for case in cases:
        lists.setdefault(len(case.question), []).append(case)
    return lists


def test(model, cases):
    """Return the shares of cases with the trade right, and with the whole answer."""
    trade = whole = 0
    for same_length in by_length(cases).values():
        for answer, case in zip(write(model, same_length), same_length):
            start, _, _ = case.answer.partition(" from ")  # "Adair is a clerk"
            trade += answer.startswith((start + " ", start + "."))
            whole += answer == case.answer
    return trade / len(cases), whole / len(cases)


def report(stage, model):
    """Print what the model writes now; return that, and the shares that are right."""
    wrote = write(model, HELD_OUT[:1])[0].strip()
    trade, whole = test(model, HELD_OUT)
    print(f"{stage:<20} trade {trade:>6.1%}, and city {whole:>6.1%}  {wrote!r}")
    return wrote, trade, whole


# %% gossip
wrong = 0.25  # of what the house makes of a clue


def gossip():
    """Return a text: Watson's note, and what somebody in the house makes of it."""
    name, clues = draw.choice(NAMES), draw.choice(SOLVED_PAIRS)
    note, _, _ = make_case(name, *clues).question.partition("Holmes")
    trade, city = TRADES[clues[0]], CITIES[clues[1]]
    if draw.random() < wrong:
        trade = draw.choice(list(TRADES.values()))
    if draw.random() < wrong:
        city = draw.choice(list(CITIES.values()))
    remark = draw.choice(
        [
            f"Cook: {name}? A {trade} from {city}, they say.\n",
            f"Maid: {name} came from {city}, I hear, a {trade}.\n",
            f"Groom: A {trade}! Ask {name} about {city}.\n",
        ]
    )
    return Case("", note + remark)  # no question: all of it is learned


# %% imitate
def imitate(model, cases, steps, optimizers, warmup_steps):
    """Make the cases' answers likelier, a batch a step; return the tokens read."""
    inputs, targets, is_answer = encode(cases, device)
    targets = targets.where(is_answer, IGNORE)  # questions are read, not learned
    epochs = -(-steps * batch_size // len(cases))  # rounded up
    order = torch.cat([torch.randperm(len(cases)) for _ in range(epochs)])
    schedules = [schedule(each, steps, warmup_steps) for each in optimizers]
    tokens = 0
    for rows in order.split(batch_size)[:steps]:
        end = (targets[rows] != IGNORE).any(dim=0).nonzero().max() + 1
        logits = model(inputs[rows, :end])
        loss = F.cross_entropy(logits.mT, targets[rows, :end], ignore_index=IGNORE)
        loss.backward()
        for optimizer, rate in zip(optimizers, schedules):
            optimizer.step()
            rate.step()
            optimizer.zero_grad()
        tokens += logits.shape[0] * logits.shape[1]
    return tokens


# %% optimizers
def schedule(optimizer, steps, warmup_steps):
    """Let the learning rate rise for a few steps, then fall to zero."""

    def factor(step):
        return min(1, (step + 1) / warmup_steps) * max(0, 1 - step / steps)

    return LambdaLR(optimizer, factor)


def adam(weights, learning_rate):
    """Return AdamW without weight decay."""
    return torch.optim.AdamW(
        weights, lr=learning_rate, betas=(0.9, 0.95), weight_decay=0.0
    )


# %% pretrain
pretrain_steps = 320
texts = [gossip() for _ in range(pretrain_steps * batch_size)]  # each read once
optimizers = [
    torch.optim.Muon(model.blocks.parameters(), lr=0.02, weight_decay=0.0),
    adam(model.embedding.parameters(), 0.02),
]
start = time.perf_counter()
pretrain_tokens = imitate(model, texts, pretrain_steps, optimizers, 20)
pretrain_seconds = time.perf_counter() - start
pretrained = copy.deepcopy(model)
pretrained_writes, pretrained_trade, pretrained_whole = report("pre-trained", model)

# %% demonstrations
brief = 0.75  # of the demonstrations leave out the city


def demonstration(case, is_brief):
    """Return a case with Holmes's answer, or with its first half."""
    if not is_brief:
        return case
    return Case(case.question, case.answer.partition(" from ")[0] + ".\n")


# %% fine_tune
demonstrations, fine_tune_steps = 128, 250
shown = [
    demonstration(case, i < brief * demonstrations)
    for i, case in enumerate(draw.sample(SOLVED, demonstrations))
]
optimizers = [adam(model.parameters(), 2e-3)]
start = time.perf_counter()
fine_tune_tokens = imitate(model, shown, fine_tune_steps, optimizers, 5)
fine_tune_seconds = time.perf_counter() - start
tuned = copy.deepcopy(model)
tuned_writes, tuned_trade, tuned_whole = report("fine-tuned", model)

# %% roll_out
group_size = 8  # tries at each question


def roll_out(model, cases):
    """Let the model try each case several times; return tries and their rewards.

    This is inference: it writes answers, and no weight moves. The cases' questions are
    equally long; rewards are (cases, group_size).
    """
    asked = [case for case in cases for _ in range(group_size)]
    answers = write(model, asked, temperature=1.0)
    tries = [Case(case.question, answer) for case, answer in zip(asked, answers)]
    rewards = [check(answer, case) for answer, case in zip(answers, asked)]
    return tries, torch.tensor(rewards, device=device).view(-1, group_size)


def check(answer, case):
    """Return the reward of an answer: 1 for trade and city both right, else 0."""
    return float(answer == case.answer)


# %% reinforce
def group_advantages(rewards):
    """Return by how much each try beats the mean of its group, (cases, group_size)."""
    return rewards - rewards.mean(dim=1, keepdim=True)


def reinforce(model, optimizer, tries, rewards):
    """Make tries that beat their group likelier, the others less; return tokens."""
    advantages = group_advantages(rewards).flatten()
    rows = advantages.nonzero()[:, 0]  # where all tries earn the same, none is better
    if len(rows) == 0:
        return 0
    inputs, targets, is_answer = encode([tries[i] for i in rows.tolist()], device)
    targets = targets.where(is_answer, IGNORE)
    surprise = F.cross_entropy(
        model(inputs).mT, targets, ignore_index=IGNORE, reduction="none"
    )  # (tries, length), 0 where it asks
    (advantages[rows] @ surprise.sum(dim=1) / len(tries)).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return inputs.numel()


# %% practice
reinforce_steps, questions = 100, 16
optimizer = adam(model.parameters(), 5e-4)
rate = schedule(optimizer, reinforce_steps, 5)
alike = by_length(SOLVED)
earned, rollout_tokens, reinforce_tokens, rollout_seconds = [], 0, 0, 0.0
start = time.perf_counter()
for _ in range(reinforce_steps):
    now = time.perf_counter()
    asked = draw.choices(alike[len(draw.choice(SOLVED).question)], k=questions)
    tries, rewards = roll_out(model, asked)
    earned.append(rewards.mean().item())  # on a GPU, this waits for its work
    rollout_seconds += time.perf_counter() - now
    learned = reinforce(model, optimizer, tries, rewards)
    if learned:
        rate.step()
    reinforce_tokens += learned
    longest = max(len(each.question + each.answer) for each in tries)
    rollout_tokens += len(tries) * longest  # all rows go on to the end of the longest
reinforce_seconds = time.perf_counter() - start
reinforced_writes, reinforced_trade, reinforced_whole = report("reinforced", model)

# %% instead
# What more imitation would have given, and practice without any.
more_steps = 4 * fine_tune_steps
imitator = copy.deepcopy(pretrained)
optimizers = [adam(imitator.parameters(), 2e-3)]
more_tokens = imitate(imitator, shown, more_steps, optimizers, 5)
_, imitator_trade, imitator_whole = report("imitation alone", imitator)
_, rewards = roll_out(pretrained, asked)
untaught_reward = rewards.mean().item()
print(f"reward of {rewards.numel()} tries without demonstrations: {untaught_reward}")

# %% numbers
question, held_out_cases = HELD_OUT[0].question, len(HELD_OUT)
first_reward, last_reward = sum(earned[:10]) / 10, sum(earned[-10:]) / 10
adjust_seconds = reinforce_seconds - rollout_seconds
inference_time_share = rollout_seconds / reinforce_seconds
seconds = pretrain_seconds + fine_tune_seconds + reinforce_seconds
print(f"\n{seconds:.0f} s: pre-training {pretrain_seconds:.0f}, fine-tuning", end=" ")
print(f"{fine_tune_seconds:.0f}, reinforcement {reinforce_seconds:.0f}")
print(f"mean reward {first_reward:.2f} -> {last_reward:.2f}")
print(f"tokens trained on: {pretrain_tokens:,}, {fine_tune_tokens:,},", end=" ")
print(f"{reinforce_tokens:,}; rolled out: {rollout_tokens:,}")
print(f"share of reinforcement's time that is inference: {inference_time_share:.0%}")
