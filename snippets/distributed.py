# %% setup
"""Train on several processes that share out one model, and go on when one dies.

python distributed.py                                 one process, then two, then a kill
torchrun --nproc-per-node 2 distributed.py FOLDER     one run; FOLDER keeps checkpoints
"""

import json
import os
import signal
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.nn.functional as F
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.run import main as torchrun
from torch.utils._python_dispatch import TorchDispatchMode

from casebook import IGNORE, SOLVED, encode
from tiny_gpt import GPT, Config

steps, batch_size, learning_rate, save_every, kill_at = 30, 16, 3e-3, 10, 25
torch.set_num_threads(1)
torch.manual_seed(1887)  # the same in all: one model, one order of the cases

# %% join
# torchrun starts this file once for each process, and tells each its place.
launched = "RANK" in os.environ
rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
here = int(os.environ.get("LOCAL_WORLD_SIZE", 2))  # started on this machine
device = "cuda" if torch.cuda.device_count() >= here else "cpu"  # one each
if device == "cuda":
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
store = dist.HashStore()  # where they find each other; alone, memory will do
if launched:
    at, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    store = dist.TCPStore(at, port, is_master=False)
    # After a restart it still holds where the dead ones were to be found.
    store = dist.PrefixStore(os.environ["TORCHELASTIC_RESTART_COUNT"], store)
backend = "nccl" if device == "cuda" else "gloo"
dist.init_process_group(backend, store=store, rank=rank, world_size=world)
mesh = init_device_mesh(device, (world,))


# %% shard
def shard(model, mesh):
    """Leave each process of a mesh its part of every weight; return the model.

    A block is gathered when its turn comes, and let go of after it.
    """
    for block in model.blocks:
        fully_shard(block, mesh=mesh)
    return fully_shard(model, mesh=mesh, reshard_after_forward=True)


# %% train_step
def train_step(model, optimizer, inputs, targets):
    """Learn from this process's share of a batch; return the loss of the whole."""
    mine = slice(rank, None, world)
    logits = model(inputs[mine])  # each block fetches the parts that are not here
    loss = F.cross_entropy(
        logits.mT, targets[mine], ignore_index=IGNORE, reduction="sum"
    )
    loss = loss * world / (targets != IGNORE).sum()  # gradients are averaged over all
    loss.backward()  # sends each gradient to the process that has that weight
    optimizer.step()
    optimizer.zero_grad()
    whole = loss.detach()
    dist.all_reduce(whole)
    return whole.item() / world


# %% checkpoint
def save(folder, step, model, optimizer, losses):
    """Write a checkpoint, each process its own part of it."""
    weights, averages = get_state_dict(model, optimizer)
    state = {"model": weights, "optimizer": averages, "losses": losses}
    dcp.save(state, checkpoint_id=folder / str(step))


def resume(folder, model, optimizer, losses):
    """Take up the newest checkpoint that is complete; return its step, or 0.

    However many processes wrote it, each of those that are here reads its own part.
    """
    complete = [int(path.parent.name) for path in folder.glob("*/.metadata")]
    if not complete:
        return 0
    weights, averages = get_state_dict(model, optimizer)
    state = {"model": weights, "optimizer": averages, "losses": losses}
    dcp.load(state, checkpoint_id=folder / str(max(complete)))
    set_state_dict(
        model, optimizer, model_state_dict=weights, optim_state_dict=averages
    )
    return max(complete)


# %% collectives
class Collectives(TorchDispatchMode):
    """Notes each exchange between processes: its kind, and the bytes of the whole."""

    def __init__(self):
        super().__init__()
        self.noted = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function.namespace == "c10d":
            tensors = [each for each in args[:2] if isinstance(each, torch.Tensor)]
            size = max((each.nbytes for each in tensors), default=0)
            self.noted.append((function.__name__.partition(".")[0].strip("_"), size))
        return function(*args, **(kwargs or {}))


# %% prepare
scratch = tempfile.TemporaryDirectory()
folder = Path(sys.argv[1] if launched else scratch.name)
solved = encode(SOLVED, device)
order = torch.randperm(len(SOLVED)).to(device)
model = shard(GPT(Config()).to(device), mesh)
# Adam looks at each weight alone, so a part is all it needs. Muon needs whole matrices.
optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.0)

# %% loop
losses, counted = torch.zeros(steps, dtype=torch.float64), Collectives()
first, start = resume(folder, model, optimizer, losses), time.perf_counter()
for step in range(first, steps):
    if os.environ.get("KILL") == f"{rank} {step} {first}":  # as a power cut would
        os.kill(os.getpid(), signal.SIGKILL)
    optimizer.param_groups[0]["lr"] = learning_rate * (1 - step / steps)
    rows = order[step * batch_size : (step + 1) * batch_size]
    with counted if step == steps - 1 else nullcontext():
        losses[step] = train_step(
            model, optimizer, solved.inputs[rows], solved.targets[rows]
        )
    if (step + 1) % save_every == 0:
        save(folder, step + 1, model, optimizer, losses)
step_seconds = (time.perf_counter() - start) / (steps - first)

# %% report
kept = [each for state in optimizer.state.values() for each in state.values()]
report = {
    "losses": losses.tolist(),
    "weights": sum(weight.to_local().nbytes for weight in model.parameters()),
    "optimizer": sum(each.to_local().nbytes for each in kept if each.dim()),
    "collectives": counted.noted,
    "first": first,
    "step_seconds": step_seconds,
}
(folder / f"{rank}.json").write_text(json.dumps(report))


# %% launch
def launch(processes, folder, kill=""):
    """Run this file in so many processes; return what each of them reports.

    kill: "rank step first", the process to kill before a step of a run that began at
    the step first. SystemExit where the launcher gives up.
    """
    folder.mkdir()
    os.environ |= {"KILL": kill, "OMP_NUM_THREADS": "1"}
    options = ["--standalone", "--max-restarts=1", f"--nproc-per-node={processes}"]
    torchrun([*options, "distributed.py", str(folder)])  # what the command does
    return [json.loads((folder / f"{n}.json").read_text()) for n in range(processes)]


# %% compare
if not launched:
    two = launch(2, folder / "two")
    killed = launch(2, folder / "killed", kill=f"1 {kill_at} 0")
    weights = [weight.full_tensor().clone() for weight in model.parameters()]
    resume(folder / "two", model, optimizer, losses)  # what two wrote, one reads
    pairs = zip(weights, model.parameters())
    weight_difference = max((a - b.full_tensor()).abs().max().item() for a, b in pairs)

# %% numbers
if not launched:
    parameters = sum(weight.numel() for weight in model.parameters())
    weight_bytes, optimizer_bytes = report["weights"], report["optimizer"]
    weight_bytes_each = [each["weights"] for each in two]
    optimizer_bytes_each = [each["optimizer"] for each in two]
    processes, both = 2, list(zip(report["losses"], two[0]["losses"]))
    loss_difference = max(abs(a - b) for a, b in both)
    loss_of_one, loss_of_two = both[-1]
    gathered, scattered = (
        [size for kind, size in two[0]["collectives"] if kind == wanted]
        for wanted in ("allgather_base", "reduce_scatter_base")
    )
    gathers, scatters = len(gathered), len(scattered)
    # Of each whole, a process has one part: it sends that, or all but that.
    sent_bytes = (sum(gathered) + sum(scattered)) * (processes - 1) // processes
    resumed_at, loss_after_kill = killed[0]["first"], killed[0]["losses"][-1]
    kill_difference = abs(loss_after_kill - loss_of_two)
    repeated_steps = kill_at - resumed_at
    one_step_seconds, two_step_seconds = step_seconds, two[0]["step_seconds"]
    print("                 one process   two, each")
    print(f"weights, bytes  {weight_bytes:>12,}  {weight_bytes_each[0]:>10,}")
    print(f"Adam, bytes     {optimizer_bytes:>12,}  {optimizer_bytes_each[0]:>10,}")
    print(f"last loss       {loss_of_one:>12.6f}  {loss_of_two:>10.6f}")
    print(f"\na step: {gathers} gathers, {scatters} reduce-scatters,", end=" ")
    print(f"{sent_bytes:,} bytes sent by each")
    print(f"killed before step {kill_at}, resumed at {resumed_at}:", end=" ")
    print(f"last loss {loss_after_kill:.6f}")
dist.destroy_process_group()
