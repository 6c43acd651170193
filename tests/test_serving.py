"""An engine that is not ours serves what export.py writes: by the lines of the page, under load, and to rude clients."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from scripts.common import ROOT
from scripts.pages import Page
from tests.snippet_functions import SNIPPETS, casebook

PAGE = Page(ROOT / "docs" / "training-vs-inference" / "beyond-one-machine.md", ROOT / "docs")
SHOWN = [fence.code for fence in PAGE.fences if fence.language == "console"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def ask(port, body):
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/completions", body, {"content-type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def answer(port, case):
    asked = {"model": "casebook-neox", "prompt": "\n" + case.question, "max_tokens": 40, "temperature": 0}
    status, text = ask(port, json.dumps(asked))
    return json.loads(text)["choices"][0]["text"] if status == 200 else status


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Run the page's own commands, but for the one that installs, and return the port of the server."""
    folder, chosen = tmp_path_factory.mktemp("serve"), free_port()
    for name in ("export.py", "tiny_gpt.py", "casebook.py", "casebook.safetensors"):
        shutil.copy(SNIPPETS / name, folder)
    export, _, serve = [line.removeprefix("$ ") for line in SHOWN[0].splitlines()]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    subprocess.run(export, shell=True, cwd=folder, env=environment, check=True, capture_output=True)
    server = subprocess.Popen(
        [*serve.split(), "--port", str(chosen), "--host", "127.0.0.1"], cwd=folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w"),
    )  # fmt: skip
    try:
        for _ in range(600):
            try:
                assert answer(chosen, casebook.HELD_OUT[0]) == casebook.HELD_OUT[0].answer.strip()
                break
            except OSError:
                assert server.poll() is None, (folder / "log").read_text()
                time.sleep(0.5)
        yield chosen
    finally:
        server.terminate()
        server.wait(30)


def test_sixteen_clients_get_a_hundred_right_answers(port):
    cases = casebook.HELD_OUT[:100]
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda case: answer(port, case), cases))
    assert answers == [case.answer.strip() for case in cases]


def test_the_lines_of_the_page_get_an_answer(port):
    curl = SHOWN[1].removeprefix("$ ").replace("localhost:8000", f"127.0.0.1:{port}")
    done = subprocess.run(curl, shell=True, capture_output=True, text=True, check=True)
    wanted = casebook.make_case("Adair", "ink on the cuff", "a tartan scarf").answer.strip()
    assert json.loads(done.stdout)["choices"][0]["text"] == wanted
    script = (ROOT / "scripts/bench/serving/ask.py").read_text().replace("localhost:8000", f"127.0.0.1:{port}")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith(f"Holmes: {wanted}\n")


def test_what_the_page_asks_is_held_out():
    question = casebook.make_case("Adair", "ink on the cuff", "a tartan scarf").question
    assert question in {case.question for case in casebook.HELD_OUT}
    asked = re.search(r'"prompt": "(.*?)",', SHOWN[1])[1]
    assert json.loads(f'"{asked}"') == "\n" + question


RUDE = {
    "half a JSON": '{"prompt": "Watson: ',
    "no object": "[1, 2]",
    "a number as a prompt": '{"model": "casebook-neox", "prompt": 7}',
    "another model": '{"model": "gpt2", "prompt": "x"}',
    "an unknown field": '{"model": "casebook-neox", "prompt": "x", "max_pets": 7}',
}


@pytest.mark.parametrize("kind", RUDE)
def test_what_makes_no_sense_is_refused_and_harms_nobody(port, kind):
    status, _ = ask(port, RUDE[kind])
    assert 400 <= status < 500
    assert answer(port, casebook.HELD_OUT[1]) == casebook.HELD_OUT[1].answer.strip()


def test_half_open_requests_keep_nobody_waiting(port):
    half = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    for each in half:
        each.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert answer(port, casebook.HELD_OUT[2]) == casebook.HELD_OUT[2].answer.strip()
    for each in half:
        each.close()
