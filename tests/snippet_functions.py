"""What the snippets define. One that measures does so as soon as it is imported, so only its definitions are run."""

import ast
import sys
from functools import cache
from types import ModuleType

import torch

from scripts.common import ROOT, read
from scripts.numbers import Numbers

sys.path.insert(0, str(ROOT / "snippets"))

from flops import flops_by_module

import casebook
import costs
import engine
import tiny_gpt

__all__ = [
    "SNIPPETS",
    "casebook",
    "costs",
    "decided_model",
    "engine",
    "flops_by_module",
    "functions_of",
    "recorded",
    "tiny_gpt",
]
SNIPPETS = ROOT / "snippets"


def functions_of(name, **given):
    """Return a snippet with its imports, literals, functions and classes, but without its run.

    given: what the run would have made, and functions use.
    """
    module, tree = ModuleType(name), ast.parse(read(SNIPPETS / f"{name}.py"))
    module.__dict__.update({"device": "cpu"} | given)
    tree.body = [node for node in tree.body if defines(node, set(given))]
    exec(compile(tree, f"{name}.py", "exec"), module.__dict__)
    return module


def defines(node, given):
    """Return whether a statement is an import, a definition, or gives names to literals that are not given."""
    if not isinstance(node, ast.Assign):
        return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)
    names = {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    try:
        ast.literal_eval(node.value)
    except ValueError:
        return False
    return not names & given


@cache
def recorded(snippet):
    """Return the values of a snippet's record on the CPU."""
    return Numbers().records[snippet].values


def decided_model(seed=0, **sizes):
    """Return a small model that writes this and that: its weights are large, so that no choice is close, and exact."""
    torch.manual_seed(seed)
    model = tiny_gpt.GPT(tiny_gpt.Config(**{"hidden_size": 32, "context": 32} | sizes)).double()
    for weight in model.requires_grad_(requires_grad=False).parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model
