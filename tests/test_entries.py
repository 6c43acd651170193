"""A TOML file of entries is read whole, or each of its faults is named with file, line and key."""

from typing import Literal

import pytest

from scripts.entries import Strict, entry_line, load_entries, read_toml
from scripts.errata import Erratum, load_errata
from scripts.errors import SiteError
from scripts.resources import Resource, load_resources


class Bird(Strict):
    """An entry."""

    wings: int
    kind: Literal["owl", "crow"] = "owl"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "birds.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_entries_come_in_their_order(file):
    entries = load_entries(file('[b]\nwings = 2\nkind = "crow"\n[a]\nwings = 1\n'), Bird)
    assert entries == {"b": Bird(wings=2, kind="crow"), "a": Bird(wings=1)}
    assert list(entries) == ["b", "a"]


def test_every_fault_of_every_entry_is_named(file):
    path = file("# birds\n[a]\nwings = 1\n\n[b]\nwinks = 2\n\n[c]\nwings = 1\nkind = 'hen'\n")
    with pytest.raises(SiteError) as error:
        load_entries(path, Bird)
    assert str(error.value).splitlines() == [
        f"{path}:5: b.wings: Field required",
        f"{path}:5: b.winks: Extra inputs are not permitted",
        f"{path}:8: c.kind: Input should be 'owl' or 'crow'",
    ]


@pytest.mark.parametrize(
    ("text", "line"), [("[a]\nwings = \n", 2), ("[a]\nwings = 1\nwings = 2\n", 3), ("[a", 1), ("[a]\n[a]\n", 2)]
)
def test_what_is_no_toml_is_named_with_its_line(file, text, line):
    path = file(text)
    with pytest.raises(SiteError, match=rf"^{path}:{line}: this is not valid TOML: "):
        read_toml(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SiteError, match=rf"^{tmp_path}/no\.toml:1: this file is missing$"):
        read_toml(tmp_path / "no.toml")


def test_an_entry_cannot_be_changed_later(file):
    bird = load_entries(file("[a]\nwings = 1\n"), Bird)["a"]
    with pytest.raises(ValueError, match="frozen"):
        bird.wings = 3


def test_the_line_of_an_entry_is_that_of_its_table(file):
    path = file("# not [aa]x\n[a]\n[aa]\n")
    assert entry_line(path, "a") == 2
    assert entry_line(path, "none") == 1


# --- the entries of two files that have no tests of their own ---

ERRATUM = """[slip]
found = 2026-01-02
was = "Wrong."
now = "Right."
commit = "0123abc"
test = "check links lead somewhere"
"""
RESOURCE = """[talk]
title = "A talk"
url = "https://example.org/talk"
kind = "video"
minutes = 90
by = "Somebody"
why = "It is good."
"""


def test_errata_and_resources_are_read_by_name(file):
    erratum, resource = load_errata(file(ERRATUM)), load_resources(file(RESOURCE))
    assert isinstance(erratum["slip"], Erratum)
    assert (erratum["slip"].commit, str(erratum["slip"].found)) == ("0123abc", "2026-01-02")
    assert isinstance(resource["talk"], Resource)
    assert (resource["talk"].minutes, resource["talk"].published) == (90, None)


@pytest.mark.parametrize("commit", ["0123ab", "0123abg", "HEAD", "0" * 41, "0123ABC"])
def test_an_erratum_names_its_commit_by_its_hash(file, commit):
    with pytest.raises(SiteError, match=r":1: slip\.commit: String should match pattern"):
        load_errata(file(ERRATUM.replace("0123abc", commit)))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [("minutes = 90", "minutes = 0", "minutes"), ('"video"', '"song"', "kind"), ("https://", "", "url")],
)
def test_an_unsound_resource_is_refused(file, old, new, key):
    with pytest.raises(SiteError, match=rf":1: talk\.{key}: "):
        load_resources(file(RESOURCE.replace(old, new)))
