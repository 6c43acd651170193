"""What several test modules share: the built site, a small site to plant faults in, and what the report says at its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.common import ROOT, SiteError, at, line_of
from scripts.numbers import Numbers
from tests.small import make_site

# Threads that wait by spinning take minutes for seconds beside a busy process.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
TOLD: list[str] = []  # ratios of times, as they are on this machine


def pytest_addoption(parser):
    parser.addoption("--strict-facts", action="store_true", help="fail where a public figure is past its date")


def pytest_terminal_summary(terminalreporter):
    """List how this machine differs from the records', and the public figures past their date: neither blocks anybody."""
    if TOLD:
        terminalreporter.section("ratios of times: here, and as recorded")
        for line in sorted(TOLD):
            terminalreporter.line(line)
    try:
        facts = Numbers().facts
    except SiteError:
        return  # a test says what is wrong with the file
    old = {name: fact for name, fact in facts.items() if fact.expired}
    if old:
        terminalreporter.section(f"{len(old)} public figures are past their date")
    for name, fact in old.items():
        place = at(path := ROOT / "docs" / "facts.toml", line_of(path, f"{name} ="), name)
        terminalreporter.line(f"{place}, as of {fact.as_of}, was good until {fact.expires}: {fact.url}")


AT = {
    "SITE_URL": "https://learn.example/",
    "EDIT_URL": "https://git.example/edit/docs/",
    "ISSUES_URL": "https://git.example/new",
}


@pytest.fixture(scope="session")
def built_site(tmp_path_factory) -> Path:
    """Return the folder of the site, built strictly, once for the whole session."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "scripts.build", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | AT | {"PYTHONPATH": "."}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def small(tmp_path) -> Path:
    """Return the root of a small sound site."""
    return make_site(tmp_path)
