"""Our commands speak to people: what is wrong, and what to do, without a traceback."""

import os
import socket
import subprocess
import sys

import pytest

from scripts.paths import ROOT


def run(*arguments, **options):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, **options
    )


def test_a_taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("-m", "scripts.serve", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert f"make serve PORT={port + 1}" in done.stderr


def test_an_impossible_port():
    done = run("-m", "scripts.serve", "--port", "99999")
    assert done.returncode == 2
    assert "outside 1-65535" in done.stderr


def test_a_python_that_is_too_old():
    code = (
        "import sys; sys.path.insert(0, 'scripts'); sys.version_info = (3, 10, 0)\nimport bootstrap\nbootstrap.main()"
    )
    done = run("-c", code)
    assert done.returncode == 1
    assert "the site needs 3.11.5 or newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_install_that_fails(tmp_path):
    code = f"""
import pathlib, subprocess, sys
sys.path.insert(0, "scripts")
import bootstrap
bootstrap.VENV = pathlib.Path({str(tmp_path)!r}) / "venv"
bootstrap.STAMP = bootstrap.VENV / ".installed"
bootstrap.venv.create = lambda path, **options: path.mkdir()
bootstrap.install_torch = lambda command: False
bootstrap.shutil.which = lambda name: None
bootstrap.main()
"""
    done = run("-c", code)
    assert done.returncode == 1
    assert "torch==2.13.0 could not be installed. Check the network" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "venv" / ".installed").exists()


@pytest.mark.parametrize("name", ["trian", "tiny_gpt"])
def test_an_unknown_snippet(name):
    done = run("-m", "scripts.measure", name)
    assert done.returncode == 2
    assert f"no snippet is called {name}; there are" in done.stderr


def test_a_build_that_fails_says_where(tree):
    tree.replace("mkdocs.yml", "execute: true", "execute: false")
    _, line = tree.append("docs/index.md", "It took {{ train.setps }} steps.")
    done = tree.run("scripts.build")
    assert done.returncode == 1
    assert f"docs/index.md:{line}: no number is called train.setps; did you mean train.steps?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_contract_stops_every_command(tree):
    start = '[numbers.train.loss_before]\nlabel = "Loss on solved cases before training"\nunit = "nat'
    _, line = tree.replace("docs/numbers.toml", start + "/character", start)
    for command in ("scripts.build", "scripts.serve", "scripts.measure"):
        done = tree.run(command)
        assert done.returncode == 1
        assert f"docs/numbers.toml:{line}: numbers.train.loss_before" in done.stderr
        assert "Traceback" not in done.stderr
