"""What need not run again here: what ran before, on the very same code, dependencies and machine, and was found right.

``make test`` of an edited sentence should not train a model. So a run that passed leaves a key, made of all that its
result depends on, in ``.cache/unchanged.json``. The cache is of this machine, is not in git, and CI does not use it:
there, only what ran earlier in the same test run need not run again.
"""

import hashlib
import json
import os
import platform
import sys

from scripts.paths import LOCK, ROOT
from scripts.records import cpu_name

CACHE = ROOT / ".cache" / "unchanged.json"
_this_run: set[str] = set()


def key(*parts: str | bytes) -> str:
    """Return the key of a run: of what it read, the locked dependencies, Python, and the machine."""
    digest = hashlib.sha256()
    machine = f"{sys.version} {platform.platform()} {cpu_name()} {os.environ.get('ATEN_CPU_CAPABILITY', '')}"
    for part in (*parts, LOCK.read_bytes(), machine):
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8) + content)
    return digest.hexdigest()


def passed_before(run_key: str) -> str | None:
    """Return when a run with this key passed here, or None. CI (``CI`` in the environment) runs each once."""
    if run_key in _this_run:
        return "earlier in this test run"
    when = None if os.environ.get("CI") else _read().get(run_key)
    return f"on {when} on this machine" if when else None


def passed(run_key: str, when: str) -> None:
    """Remember that a run passed, with its time as YYYY-MM-DD."""
    _this_run.add(run_key)
    CACHE.parent.mkdir(exist_ok=True)
    partial = CACHE.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(_read() | {run_key: when}, indent=1), encoding="utf-8")
    partial.replace(CACHE)


def _read() -> dict[str, str]:
    try:
        found = json.loads(CACHE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # no cache, or a broken one: then everything runs
    return found if isinstance(found, dict) else {}
