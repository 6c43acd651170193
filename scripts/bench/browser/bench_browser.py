"""Time our model in the browser on several engines: the same weights, the same answer, one thread, in turns.

python -m scripts.bench.browser.bench_browser [--rounds 31] [--dry]

bench_browser.js is the page that measures. The other engines come from npm, and what writes ONNX from PyPI, into a
folder that is removed afterwards. A file counts if the page asked for it: compressed, weights apart.
"""

import argparse
import functools
import gzip
import hashlib
import http.server
import json
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
from pathlib import Path
from typing import Any

from scripts.records import record_of
from scripts.run import ROOT, Run
from scripts.run_child import environment

ONNXRUNTIME, TRANSFORMERS = "1.30.0", "4.3.2"  # the releases on npm
HOMES = {  # where the files of each engine lie, by the page's address
    "hand_written": "bench/browser/hand_written.js",
    "jax_js": "assets/",
    "onnxruntime_web": "packages/onnxruntime-web/",
    "transformers_js": "packages/transformers/",
}
DEPENDS_ON = [f"scripts/bench/browser/{name}" for name in ("bench_browser.py", "bench_browser.js", "export.py")]
DEPENDS_ON += ["scripts/bench/browser/hand_written.js", "docs/assets/javascripts/live/model.js"]
DEPENDS_ON += ["docs/assets/vendor/jax-js/index.js", "snippets/casebook.safetensors"]


def code() -> dict[str, str]:
    """Return hashes of all that the figures depend on. A record with others is stale."""
    return {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:16] for name in DEPENDS_ON}


def download(package: str, to: Path) -> dict[str, Any]:
    """Put a package of npm into a folder, without what it depends on, and return its package.json."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.check_output(["npm", "pack", "--silent", package], cwd=folder, text=True).split()[-1]
        with tarfile.open(Path(folder) / packed) as files:
            files.extractall(folder, filter="data")
        shutil.move(Path(folder) / "package", to)
    return json.loads((to / "package.json").read_text(encoding="utf-8"))


def prepare(folder: Path) -> tuple[str, str]:
    """Put the other engines and the model they read into a folder. Return a question, and what PyTorch answers."""
    packages = folder / "packages"
    packages.mkdir()
    download(f"onnxruntime-web@{ONNXRUNTIME}", packages / "onnxruntime-web")
    needs = download(f"@huggingface/transformers@{TRANSFORMERS}", packages / "transformers")["dependencies"]
    download(f"onnxruntime-web@{needs['onnxruntime-web']}", packages / "transformers" / "onnxruntime-web")
    from scripts.bench.browser.export import export, install

    install(folder / "python")
    return export(folder / "model" / "gpt")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves docs/ and, beside it, what was downloaded. Notes which files the page asked for."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def __init__(self, *arguments: Any, folder: Path, asked: dict[str, Path]) -> None:
        self.folder, self.asked = folder, asked
        super().__init__(*arguments)

    def translate_path(self, path: str) -> str:
        name = path.partition("?")[0].lstrip("/")
        found = next((root / name for root in (self.folder, ROOT / "docs") if (root / name).is_file()), None)
        if found:
            self.asked[name] = found
        return str(found or "")

    def log_message(self, *_: Any) -> None:
        pass


def measure(folder: Path, question: str, rounds: int) -> tuple[dict[str, Any], dict[str, Path], str]:
    """Return what the page measured, the files that it asked for, and the browser's version."""
    from playwright.sync_api import sync_playwright

    (folder / "page.html").write_text("<!doctype html><link rel=icon href=data:,><title>Bench</title>")
    asked: dict[str, Path] = {}
    handler = functools.partial(Handler, folder=folder, asked=asked)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page, version = browser.new_page(), browser.version
        page.on("console", lambda line: print(f"the page says: {line.text}"))
        page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
        script = "async (given) => (await import('/bench/browser/bench_browser.js')).measure(...given)"
        found = page.evaluate(script, [question, rounds])
        browser.close()
        server.shutdown()
    return found, asked, version


def values(found: dict[str, Any], asked: dict[str, Path], answer: str) -> dict[str, Any]:
    """Return the numbers of the page: bytes to load, and seconds, the median of the rounds."""
    size, read, write = {}, {}, {}
    for name, home in HOMES.items():
        if found[name]["text"] != answer:
            sys.exit(f"{name} wrote {found[name]['text']!r}, PyTorch {answer!r}")
        size[name] = sum(len(gzip.compress(asked[path].read_bytes(), 9)) for path in asked if path.startswith(home))
        read[name], write[name] = (statistics.median(times) / 1e3 for times in zip(*found[name]["times"]))
    hand, jax, ort, hf = HOMES
    return (
        {"hand_written_bytes": size[hand], "hand_written_reading": read[hand], "hand_written_writing": write[hand]}
        | {"jax_js_bytes": size[jax], "jax_js_reading": read[jax], "jax_js_writing": write[jax]}
        | {"onnxruntime_web_bytes": size[ort], "onnxruntime_web_reading": read[ort]}
        | {"onnxruntime_web_writing": write[ort], "transformers_js_writing": write[hf]}
        | {"transformers_js_bytes": size[hf], "transformers_js_reading": read[hf]}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--dry", action="store_true", help="record nothing")
    options, start = parser.parse_args(), time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        question, answer = prepare(Path(name))
        found, asked, chromium = measure(Path(name), question, options.rounds)
        measured = values(found, asked, answer)
    vendored = tomllib.loads((ROOT / "docs" / "vendored.toml").read_text(encoding="utf-8"))
    measured |= {"rounds": options.rounds, "question_tokens": 1 + len(question), "answer_tokens": len(answer)}
    measured |= {"chromium": chromium.partition(".")[0], "jax_js": vendored["jax-js"]["version"]}
    measured |= {"onnxruntime_web": ONNXRUNTIME, "transformers_js": TRANSFORMERS}
    lines = "\n".join(f"{name:<26} {value}" for name, value in measured.items())
    print(lines, "\nThe page asked for:", *sorted(asked), sep="\n")
    run = Run(0, lines, "", time.perf_counter() - start, measured, environment())
    if not options.dry:
        print(f"wrote {record_of('bench_browser', run, code(), list(measured)).write()}")


if __name__ == "__main__":
    main()
