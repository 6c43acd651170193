"""What the figures of serving depend on. Needs the standard library alone."""

import hashlib
import tomllib

from scripts.run import ROOT, bare

DEPENDS_ON = [f"scripts/bench/serving/{name}.py" for name in ("app", "bench_serving", "load")]
DEPENDS_ON += [f"snippets/{name}.py" for name in ("casebook", "engine", "export", "tiny_gpt")]


def code() -> dict[str, str]:
    """Return hashes of all that the figures depend on. A record with others is stale."""
    found = {name: bare((ROOT / name).read_text(encoding="utf-8")) for name in DEPENDS_ON}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for group in ("serve", "vllm"):
        found[f"pyproject.toml [{group}]"] = "\n".join(sorted(project["dependency-groups"][group]))
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in found.items()}
