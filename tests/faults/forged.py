"""Records that nobody measured, sealed like real ones: for faults, and for devices that nobody has lent yet."""

import json
from collections.abc import Callable

from scripts.records import Record, device_folder
from tests.faults.tree import Tree

H100 = "NVIDIA H100 80GB HBM3"
A100 = "NVIDIA A100-SXM4-80GB"


def forge(tree: Tree, name: str, change: Callable[[dict], None]) -> None:
    """Change a record and give it the checksum that fits, as somebody who knows how might."""
    content = json.loads(tree.read(name))
    change(content)
    sealed = Record.model_validate_json(json.dumps(content)).sealed()
    tree.write(name, json.dumps(sealed.model_dump(), indent=1, ensure_ascii=False) + "\n")


def plant_gpu_record(tree: Tree, snippet: str = "inference", gpu: str = H100, **changes: object) -> str:
    """Write a record of a GPU, as one would look, with some changes, and return its name."""
    device = device_folder(gpu)
    name = f"docs/records/{device}/{snippet}.json"
    tree.write(name, tree.read(f"docs/records/cpu/{snippet}.json"))
    real = {"device": device, "device_name": gpu, "cuda": "13.0", "driver": "580.65.06"}
    forge(tree, name, lambda record: record.update(real | changes))
    return name
