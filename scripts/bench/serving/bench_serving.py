"""Serve our small model with real engines, load them, kill a replica, and send what no client should.

python -m scripts.bench.serving.bench_serving [--seconds 10] [--dry]

Everything runs on this machine: the engine, and the clients that load it. locust is what loads.
"""

import argparse
import contextlib
import csv
import http.client
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from casebook import HELD_OUT
from scripts.bench.serving.keep import code
from scripts.records import record_of
from scripts.run import ROOT, Run
from scripts.run_child import environment

CLIENTS, BATCH, HALF_OPEN, HOST, PORT = 16, 16, 200, "127.0.0.1", 8000
NAME = "casebook-neox"
SERVE = ("--port", str(PORT), "--host", HOST)
TRANSFORMERS = (str(Path(sys.executable).with_name("transformers")), "serve", NAME, "--device", "cpu", *SERVE)
VLLM_PYTHON = str(ROOT / ".venv-vllm" / "bin" / "python")
VLLM = (VLLM_PYTHON, "-m", "vllm.entrypoints.openai.api_server", "--model", NAME, *SERVE)
RUDE = ("half_json", "no_prompt", "number", "long", "huge", "beside_half_open")  # what refusals() sends


def post(body: bytes) -> tuple[int, bytes]:
    """Send a body as a request for a completion; return the answer's status and body.

    Raises:
        OSError: no answer came.

    """
    connection = http.client.HTTPConnection(HOST, PORT, timeout=15)
    with contextlib.closing(connection):
        connection.request("POST", "/v1/completions", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()


def asked(prompt: str) -> bytes:
    return json.dumps({"model": NAME, "prompt": prompt, "max_tokens": 40, "temperature": 0}).encode()


def first_answer(start: float) -> float:
    """Return the seconds from a start to the first right answer.

    Raises:
        TimeoutError: none came in five minutes.

    """
    while time.perf_counter() - start < 300:
        with contextlib.suppress(OSError):
            status, body = post(asked("\n" + HELD_OUT[0].question))
            if status == 200 and HELD_OUT[0].answer.strip() in body.decode():
                return time.perf_counter() - start
        time.sleep(0.2)
    raise TimeoutError("no answer in five minutes")


def load(seconds: float) -> dict[str, dict[str, str]]:
    """Load the server with clients that wait for their answers. Return locust's statistics by name, and its errors."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "locust", "--headless", "--only-summary", "--loglevel", "ERROR"]
        command += ["--locustfile", str(Path(__file__).with_name("load.py")), "--host", f"http://{HOST}:{PORT}"]
        command += ["--users", str(CLIENTS), "--spawn-rate", str(CLIENTS), "--run-time", f"{seconds:g}s"]
        command += ["--stop-timeout", "10", "--exit-code-on-error", "0", "--csv", f"{folder}/found"]
        subprocess.run(command, check=True, capture_output=True)
        stats, failures = (
            list(csv.DictReader(Path(folder, f"found_{kind}.csv").read_text().splitlines()))
            for kind in ("stats", "failures")
        )
    errors = {f"{each['Name']}: {each['Error']}": each["Occurrences"] for each in failures}
    return {row["Name"]: row for row in stats} | {"errors": errors}


def speed(seconds: float) -> tuple[float, float, float]:
    """Return answers a second, and the middle and the 99th of 100 waits, in seconds. Every answer must be right.

    Raises:
        ValueError: one was wrong, or did not come.

    """
    found = load(seconds)
    if found["errors"]:
        raise ValueError(f"under load: {found['errors']}")
    row = found["ask"]
    return float(row["Requests/s"]), float(row["50%"]) / 1e3, float(row["99%"]) / 1e3


def status(body: bytes) -> str:
    """Return the status that a body brings, or what came instead."""
    try:
        return str(post(body)[0])
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return type(error).__name__


def refusals(serve: Callable[[], contextlib.AbstractContextManager]) -> list[str]:
    """Send what no client should; return the status that each of RUDE brings, and whether the server was down after it.

    In this order: half a JSON, no prompt, a number as a prompt, a prompt longer than the context, a prompt of 20 MB,
    and a sound question beside half-open requests. A server that is down is started again.
    """
    sound, found = asked("\n" + HELD_OUT[0].question), []
    with contextlib.ExitStack() as running:
        running.enter_context(serve())
        for body in (
            b'{"prompt": "Watson: ',
            b'{"model": "casebook-neox"}',
            b'{"model": "casebook-neox", "prompt": 7}',
            asked("x" * 10_000),
            asked("x" * 20_000_000),
        ):
            found.append(status(body))
            if status(sound) != "200":
                found[-1] += ", then down"
                running.close()
                running.enter_context(serve())
        half = [running.enter_context(socket.create_connection((HOST, PORT))) for _ in range(HALF_OPEN)]
        for each in half:
            each.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        return [*found, status(sound)]


@contextlib.contextmanager
def served(folder: Path, *command: str) -> Iterator[float]:
    """Serve the exported folder by a command; yield the seconds from it to the first answer."""
    start = time.perf_counter()
    # Offline: else the Hub is asked whether there is a newer version of a folder on this disk. And vLLM: 1 GB will do.
    settings = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}
    server = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield first_answer(start)
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # with the processes that it started
        server.wait()


def deploy(batch: int, replicas: int) -> float:
    """Put so many replicas into Ray Serve, with batches up to a size; return the seconds to the first answer."""
    from ray import serve

    from scripts.bench.serving.app import Detective

    start = time.perf_counter()
    serve.run(Detective.options(num_replicas=replicas, ray_actor_options={"num_cpus": 0.5}).bind(batch))
    return first_answer(start)


def replicas_seen() -> set[int]:
    """Return the processes that answer."""
    answers = [post(asked("\n" + case.question)) for case in HELD_OUT[:40]]
    return {int(json.loads(body)["id"]) for status, body in answers if status == 200}


def kill_one(seconds: float) -> dict[str, Any]:
    """Load two replicas, kill one of them with SIGKILL half way, and count what was asked, and what came of it."""
    victim = min(replicas_seen())
    threading.Timer(seconds / 2, os.kill, (victim, signal.SIGKILL)).start()
    found = load(seconds)
    print("after the kill:", found["errors"])
    none = {"Request Count": "0", "Failure Count": "0"}
    sent, failed = (int(found["ask"][key]) for key in none)
    sent_again, failed_again = (int(found.get("again", none)[key]) for key in none)
    start = time.perf_counter()
    while len(replicas_seen() - {victim}) < 2 and time.perf_counter() - start < 60:
        time.sleep(0.5)
    return {"kill_sent": sent, "kill_failed": failed, "kill_again": sent_again - failed_again} | {
        "kill_lost": failed - (sent_again - failed_again),
        "kill_errors": list(found["errors"]),
        "replicas_after": len(replicas_seen() - {victim}),
    }


def measure(seconds: float) -> dict[str, Any]:
    """Return the numbers of the page."""
    import ray

    speeds, ready, refused = {}, {}, {}
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        with contextlib.chdir(home):
            Path("casebook.safetensors").symlink_to(ROOT / "snippets" / "casebook.safetensors")
            runpy.run_path(str(ROOT / "snippets" / "export.py"))
        with served(folder, *TRANSFORMERS):
            speeds["hf_alone"] = speed(seconds)
        for name, command in {"hf": (*TRANSFORMERS, "--continuous-batching"), "vllm": VLLM}.items():
            with served(folder, *command) as ready[name]:
                speeds[name] = speed(seconds)
                print(name, *speeds[name], flush=True)
            refused[name] = refusals(lambda command=command: served(folder, *command))
            print(name, *refused[name], flush=True)
    start = time.perf_counter()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    for replicas, batch, name in (
        (1, 1, "ray_alone"),
        (1, BATCH, "ray"),
        (2, 1, "ray_two_alone"),
        (2, BATCH, "ray_two"),
    ):
        deploy(batch, replicas)
        ready.setdefault("ray", time.perf_counter() - start)
        speeds[name] = speed(seconds)
        print(name, *speeds[name], flush=True)
    killed, refused["ray"] = kill_one(seconds), refusals(contextlib.nullcontext)
    ray.shutdown()
    of_vllm = [VLLM_PYTHON, "-c", "from importlib.metadata import version; print(version('vllm-cpu'))"]
    return (
        {"transformers": version("transformers"), "ray": version("ray"), "locust": version("locust")}
        | {"vllm": subprocess.check_output(of_vllm, text=True).strip()}
        | {"clients": CLIENTS, "batch": BATCH, "half_open": HALF_OPEN, "loaded_seconds": seconds}
        | {f"{name}_ready": found for name, found in ready.items()}
        | {f"{name}_{what}": found for name in speeds for what, found in zip(("rate", "p50", "p99"), speeds[name])}
        | {f"{name}_{what}": found for name in refused for what, found in zip(RUDE, refused[name])}
        | killed
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each is loaded")
    parser.add_argument("--dry", action="store_true", help="record nothing")
    options, start = parser.parse_args(), time.perf_counter()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    torch.set_num_threads(1)
    measured = measure(options.seconds)
    lines = "\n".join(f"{name:<22} {value}" for name, value in measured.items())
    print(lines)
    run = Run(0, lines, "", time.perf_counter() - start, measured, environment())
    if not options.dry:
        print(f"wrote {record_of('bench_serving', run, code(), list(measured)).write()}")


if __name__ == "__main__":
    main()
