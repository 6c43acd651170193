"""The site keeps each of its promises: one test for each check of scripts/checks/."""

import pytest

from scripts.checks import STAGES, load_checks


@pytest.mark.parametrize("name", load_checks())
def test_check(name, findings):
    if findings[name] is None:
        pytest.skip("not run: it looks at what an earlier check found broken")
    assert not findings[name], "\n".join(findings[name])


@pytest.mark.parametrize(("name", "check"), load_checks().items())
def test_every_check_says_what_it_holds_the_site_to(name, check):
    assert check.stage in STAGES
    assert check.promise.endswith("."), f"{name} has no sentence that says what it is for"
