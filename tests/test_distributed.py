"""Sharing a model changes who keeps what, not what is learned; and only checkpoints that are complete are taken up."""

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.distributed.device_mesh import init_device_mesh

from tests.snippet_functions import casebook, costs, functions_of, recorded, tiny_gpt

distributed = functions_of("distributed", rank=0, world=1)
BATCH = casebook.encode(casebook.SOLVED[:4])


@pytest.fixture
def mesh():
    """Return a mesh of this process alone."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()


def small_model():
    torch.manual_seed(0)
    model = tiny_gpt.GPT(tiny_gpt.Config(hidden_size=16))
    return model, lambda: torch.optim.AdamW(model.parameters(), lr=1e-2)


def test_a_step_of_a_sharded_model_is_the_step_of_a_plain_one(mesh):
    plain, optimizer = small_model()
    loss = F.cross_entropy(plain(BATCH.inputs).mT, BATCH.targets, ignore_index=casebook.IGNORE)
    loss.backward()
    optimizer().step()
    shared, optimizer = small_model()
    shared = distributed.shard(shared, mesh)
    assert distributed.train_step(shared, optimizer(), BATCH.inputs, BATCH.targets) == pytest.approx(loss.item())
    for before, now in zip(plain.parameters(), shared.parameters()):
        assert torch.allclose(now.full_tensor(), before, atol=1e-6)


def test_a_checkpoint_that_was_cut_off_is_left_alone(mesh, tmp_path):
    model, optimizer = small_model()
    model = distributed.shard(model, mesh)
    optimizer, losses = optimizer(), torch.zeros(3)
    assert distributed.resume(tmp_path, model, optimizer, losses) == 0
    losses[0] = distributed.train_step(model, optimizer, BATCH.inputs, BATCH.targets)
    distributed.save(tmp_path, 1, model, optimizer, losses)
    kept = [weight.full_tensor().clone() for weight in model.parameters()]
    averages = [state["exp_avg"].full_tensor().clone() for state in optimizer.state.values()]
    (tmp_path / "2").mkdir()  # the process died before it had written all
    for step in (1, 2):
        losses[step] = distributed.train_step(model, optimizer, BATCH.inputs, BATCH.targets)
    assert distributed.resume(tmp_path, model, optimizer, losses) == 1
    assert losses[0] > 0 and not losses[1:].any()
    assert all(torch.equal(now.full_tensor(), before) for now, before in zip(model.parameters(), kept))
    found = [state["exp_avg"].full_tensor() for state in optimizer.state.values()]
    assert all(torch.equal(now, before) for now, before in zip(found, averages))


def test_the_recorded_bytes_are_the_formula_s():
    values = recorded("distributed")
    assert values["parameters"] == recorded("train")["parameters"]
    assert values["weight_bytes"] == 4 * values["parameters"] and values["optimizer_bytes"] == 8 * values["parameters"]
    for kept in ("weight_bytes", "optimizer_bytes"):
        assert values[f"{kept}_each"] == [values[kept] / 2] * 2
    assert values["sent_bytes"] == values["parameters"] * costs.sent_byte_per_parameter(4, 4, 2)


def test_the_recorded_runs_learned_the_same():
    values = recorded("distributed")
    assert values["loss_difference"] < 1e-3 and values["weight_difference"] < 1e-2
    assert values["kill_difference"] < 1e-6
    assert 0 < values["resumed_at"] < values["kill_at"] < values["steps"]
