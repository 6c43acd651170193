"""Create .venv and install the locked dependencies. Standard library only: it runs before anything is installed.

    python3 scripts/bootstrap.py [--browser]

TORCH=cuda in the environment installs PyPI's CUDA build of torch instead of the CPU build.
"""

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".installed"
OLDEST_PYTHON = (3, 11, 5)
PYTORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def fail(message):
    sys.exit("\nSetup stopped: " + message + "\n")


def make_venv():
    """Make an empty .venv and return the command that installs into it: uv's where it works, because it is faster."""
    python = str(VENV / "bin" / "python")
    if shutil.which("uv"):
        made = subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
        if made.returncode == 0:
            return ["uv", "pip", "install", "--python", python, "--quiet"]
        print("uv failed (see above); using pip instead.", flush=True)
    try:
        venv.create(VENV, with_pip=True, clear=True)
    except (OSError, subprocess.CalledProcessError):
        fail("python could not create .venv. On Debian and Ubuntu: apt-get install python3-venv")
    return [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def torch_pin():
    return re.search(r"torch==[\d.]+", (ROOT / "pyproject.toml").read_text(encoding="utf-8")).group()


def install_torch(install):
    """Install the pinned torch, without its dependencies: the lock pins those."""
    pin = torch_pin()
    if os.environ.get("TORCH") == "cuda":
        return subprocess.run([*install, pin]).returncode == 0
    attempts = [[*install, "--no-deps", pin]]  # on macOS, PyPI has the CPU build
    if platform.system() == "Linux":
        # PyPI's Linux build of torch pulls several gigabytes of CUDA. First a local wheel, then PyTorch's own index.
        attempts = [
            [*install, "--no-deps", pin + "+cpu"],
            [*install, "--no-deps", pin, "--index-url", PYTORCH_CPU_INDEX],
        ]
    for attempt in attempts[:-1]:
        if subprocess.run(attempt, capture_output=True).returncode == 0:
            return True
    return subprocess.run(attempts[-1]).returncode == 0


def install():
    """Fill .venv from the lock; do nothing where that has been done already."""
    build = os.environ.get("TORCH", "cpu")
    state = LOCK.read_bytes() + "{}{}{}".format(torch_pin(), sys.version, build).encode()
    wanted = hashlib.sha256(state).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    command = make_venv()
    print("Installing torch ({})...".format("CUDA" if build == "cuda" else "CPU"), flush=True)
    if not install_torch(command):
        fail("{} could not be installed. Check the network, then run the same command again.".format(torch_pin()))
    print("Installing the locked dependencies...", flush=True)
    if subprocess.run([*command, "--require-hashes", "-r", str(LOCK)]).returncode != 0:
        fail("the locked dependencies could not be installed (see above). Mend that, then run the same command again.")
    STAMP.write_text(wanted)


def install_browser():
    """Make sure that the browser tests find Chromium."""
    if any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        return
    print("Installing Chromium for the browser tests...", flush=True)
    command = [str(VENV / "bin" / "python"), "-m", "playwright", "install", "chromium"]
    if subprocess.run(command, capture_output=True).returncode == 0:
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("Playwright could not; apt-get install chromium...", flush=True)
        subprocess.run(["apt-get", "update", "-qq"])
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], stdout=subprocess.DEVNULL)
        if shutil.which("chromium"):
            return
    fail("the browser tests need Chromium. Install it with your system's packages, so that `chromium` is on PATH.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browser", action="store_true", help="also install what the browser tests need")
    arguments = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        fail(
            "this is Python {}, and the site needs {} or newer. Name another one: make PYTHON=python3.12 ...".format(
                platform.python_version(), ".".join(map(str, OLDEST_PYTHON))
            )
        )
    try:
        install()
        if arguments.browser:
            install_browser()
    except (KeyboardInterrupt, subprocess.CalledProcessError) as error:
        fail("interrupted." if isinstance(error, KeyboardInterrupt) else "{} failed.".format(error.cmd[0]))


if __name__ == "__main__":
    main()
