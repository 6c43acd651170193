"""What several test modules need: the built site, what its checks found, and a copy of the tree to plant faults in."""

import os
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import settings

from scripts.checks import View, run_checks
from scripts.entries import entry_line
from scripts.errors import SiteError
from scripts.facts import load_facts
from scripts.paths import FACTS, ROOT, shown
from tests.faults.outcomes import Outcomes
from tests.faults.tree import Tree

# Snippets that train use several threads. On a busy machine, threads that wait by spinning take minutes for seconds.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


# New inputs in each run; one that fails is printed so that it can be tried again. Nothing is kept on disk.
settings.register_profile("site", deadline=None, database=None, print_blob=True, report_multiple_bugs=False)
settings.load_profile("site")


def pytest_addoption(parser):
    parser.addoption("--strict-facts", action="store_true", help="fail where a public figure is past its date")


def pytest_terminal_summary(terminalreporter):
    """List the public figures that are past their date: they block nobody, and must not be forgotten."""
    try:
        old = {name: fact for name, fact in load_facts().items() if fact.expired}
    except SiteError:
        return  # a check says what is wrong with the file
    if old:
        terminalreporter.section(f"{len(old)} public figures are past their date")
        for name, fact in old.items():
            place = f"{shown(FACTS)}:{entry_line(FACTS, name)}"
            terminalreporter.line(f"{place}: {name}, as of {fact.as_of}, was good until {fact.expires}: {fact.url}")


@pytest.fixture(scope="session")
def view(tmp_path_factory) -> View:
    """Return what the checks look at. The site is built once for the whole session, its notebooks executed anew."""
    shutil.rmtree(ROOT / ".cache" / "mkdocs-jupyter", ignore_errors=True)
    os.environ["NOTEBOOK_CACHE"] = "true"  # for the copies that faults are planted in
    return View(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session", autouse=True)
def outcomes(request, tmp_path_factory):
    """Plant the faults that were asked for, beside the tests in the browser, which leave a processor half idle.

    ``site`` comes first: it executes the notebook, once for all copies. What measures runs after the tests that wait
    for the last fault.
    """
    names = [item.callspec.params["name"] for item in request.session.items if item.name.startswith("test_fault[")]
    if not names:
        yield None
        return
    running = Outcomes(request.getfixturevalue("site"), names, tmp_path_factory.mktemp("faults") / "said")
    yield running
    running.end()


@pytest.fixture(scope="session")
def findings(view) -> dict[str, list[str] | None]:
    """Return what each check found."""
    return run_checks(view)


@pytest.fixture(scope="session")
def site(view) -> Path:
    """Return the folder of the built site."""
    return view.built


@pytest.fixture(scope="session")
def built_pages(view) -> dict[str, BeautifulSoup]:
    """Return each built page by its path."""
    return view.pages


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path / "tree")
