"""Files of others: the published ones, byte for byte, and none that nobody can account for."""

import hashlib

import pytest

from scripts.errors import SiteError
from scripts.vendored import differences, load_vendored

LIST = """
[tool]
version = "1.2"
license = "MIT"
source = "https://example.org/tool-1.2.tgz"
why = "It does something."
files = { "tool.js" = "%s" }
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "vendor" / "tool").mkdir(parents=True)
    (tmp_path / "vendor" / "tool" / "tool.js").write_text("run()")
    (tmp_path / "vendored.toml").write_text(LIST % hashlib.sha256(b"run()").hexdigest())
    return tmp_path


def found(folder):
    return list(differences(folder / "vendor", folder / "vendored.toml"))


def test_the_listed_files_pass(folder):
    assert found(folder) == []


def test_a_changed_file_is_named(folder):
    (folder / "vendor" / "tool" / "tool.js").write_text("run(1)")
    assert found(folder) == [
        f"{folder}/vendored.toml:2: tool: tool.js is not the file of version 1.2; "
        "take it from https://example.org/tool-1.2.tgz"
    ]


def test_a_missing_file_is_named(folder):
    (folder / "vendor" / "tool" / "tool.js").unlink()
    assert "tool: tool.js is missing; take it from https://example.org" in found(folder)[0]


def test_a_file_of_nobody_is_named(folder):
    (folder / "vendor" / "tool" / "more.js").write_text("")
    assert found(folder) == [
        f"{folder}/vendor/tool/more.js:1: nothing says where this is from; list it in vendored.toml, or remove it"
    ]


def test_a_checksum_is_a_checksum(folder):
    (folder / "vendored.toml").write_text(LIST % "abc")
    with pytest.raises(SiteError, match=r"tool\.files\.tool\.js: String should match pattern"):
        load_vendored(folder / "vendored.toml")


def test_what_the_site_publishes_of_others_is_listed():
    assert list(differences()) == []
