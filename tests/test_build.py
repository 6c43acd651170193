"""A build is strict: what MkDocs warns of stops it, and is said with file and line."""

import subprocess
import sys

import pytest

from scripts.build import environment


@pytest.mark.parametrize("target", ["no-such-page.md", "reference/glossary.md#no-such-word"])
def test_a_dead_link_stops_the_build(tree, target):
    """MkDocs counts its warnings only while they are not silenced."""
    tree.replace("mkdocs.yml", "execute: true", "execute: false")
    tree.append("docs/index.md", f"Read [more]({target}).")
    done = tree.run("scripts.build")
    assert done.returncode == 1
    assert target.partition("#")[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_fonts_are_not_looked_up_in_the_home_folder(tmp_path, monkeypatch):
    """The list of fonts there is any program's to break, and matplotlib's warnings would stand in the notebook."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    code = "import matplotlib; print(matplotlib.get_configdir(), matplotlib.get_cachedir())"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True)
    assert done.stdout and str(tmp_path) not in done.stdout
