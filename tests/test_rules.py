"""Rules of the house that a machine can check."""

import re
import tomllib

import pytest

from scripts.paths import ROOT
from scripts.snippets import imported_modules


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").rglob("*.py")), ids=lambda path: path.stem)
def test_no_script_imports_a_test(path):
    assert "tests" not in imported_modules(path.read_text())


def test_every_dependency_is_pinned_and_locked_as_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["test"]
    lock = (ROOT / "requirements.lock").read_text().lower()
    for requirement in wanted:
        name, equals, version = requirement.partition("==")
        assert equals, f"pyproject.toml: {requirement} is not pinned"
        if name != "torch":  # bootstrap installs it, from where its CPU build is
            pattern = rf"^{re.escape(name.lower())}=={re.escape(version)} "
            assert re.search(pattern, lock, re.MULTILINE), f"{requirement} is not in requirements.lock: make lock"


def test_the_readme_s_links_exist():
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text()):
        assert target.startswith("https://") or (ROOT / target).exists(), f"README.md links {target}"
