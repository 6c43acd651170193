"""A build is strict: what MkDocs warns of stops it, and is said with file and line."""

import pytest


@pytest.mark.parametrize("target", ["no-such-page.md", "reference/glossary.md#no-such-word"])
def test_a_dead_link_stops_the_build(tree, target):
    """MkDocs counts its warnings only while they are not silenced."""
    tree.replace("mkdocs.yml", "execute: true", "execute: false")
    tree.append("docs/index.md", f"Read [more]({target}).")
    done = tree.run("scripts.build")
    assert done.returncode == 1
    assert target.partition("#")[0] in done.stderr
    assert "Traceback" not in done.stderr
