"""Rules of the house that a machine can check."""

import re
import sys
import tomllib

import pytest

from scripts.paths import ROOT, SNIPPETS
from scripts.snippets import imported_modules

OURS = {"tiny_gpt", "casebook", "costs"}


@pytest.mark.parametrize("path", sorted(SNIPPETS.glob("*.py")), ids=lambda path: path.stem)
def test_a_snippet_needs_only_torch_and_ours(path):
    foreign = imported_modules(path.read_text()) - sys.stdlib_module_names - OURS - {"torch"}
    assert not foreign, f"{path.relative_to(ROOT)} imports {', '.join(sorted(foreign))}"


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.py")), ids=lambda path: path.stem)
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
