"""From an id to its value: measured, computed, constant or quoted, each with its origin; an unknown one is named."""

import pytest

from scripts import notation, numbers
from scripts.claims import load_claims
from scripts.errors import SiteError, line_of
from scripts.numbers import Numbers, Stated, load_from_snippets
from scripts.paths import SNIPPETS
from tests.small import NAMED, SmallNumbers, claim, contract, fact, record

FACTS = {"read": fact(), "rate": fact(value=3.5, unit="ratio", digits=2, label="Rate")}
DERIVED = {
    "flops": contract(
        "derived",
        "FLOP",
        function="costs.training_flops",
        arguments={"parameters": "train.steps", "tokens": "facts.read"},
    ),
    "share": contract(
        "derived", "ratio", function="costs.ratio", arguments={"numerator": "facts.read", "denominator": "facts.read"}
    ),
    "twice": contract(
        "derived", "ratio", function="costs.ratio", arguments={"numerator": "train.flops", "denominator": "train.share"}
    ),
    "factor": contract("constant", "FLOP/parameter/token", constant="costs.TRAINING_FLOP_PER_PARAMETER_TOKEN"),
}
SITE = SmallNumbers({"train": NAMED["train"] | DERIVED}, facts=FACTS)


@pytest.fixture(autouse=True)
def no_pages(tmp_path, monkeypatch):
    """Let no page of the real site be searched for uses."""
    monkeypatch.setattr(notation, "DOCS", tmp_path)
    return tmp_path


def test_a_measured_number_comes_from_its_record():
    number = SITE.get("train.loss")
    assert (number.value, number.text, number.label) == (0.0849, "0.0849", "Steps")
    assert (number.measured, number.facts) == (True, ())
    assert number.provenance == (
        "measured by train.py on A processor, 2 threads, torch 2.13.0, 2026-01-02, commit 0123456; checked within 10%"
    )


def test_a_number_that_is_not_compared_is_not_said_to_be_checked():
    site = SmallNumbers({"train": {"loss": contract("recorded", "second")}})
    assert site.get("train.loss").provenance.endswith("commit 0123456; not compared: true of its machine only")


def test_a_quoted_number_stands_on_itself():
    number = SITE.get("facts.rate")
    assert (number.value, number.text, number.measured, number.facts) == (3.5, "3.5", False, ("rate",))
    assert number.provenance == FACTS["rate"].provenance
    assert number.rule == "figure last checked on 2026-01-01"


def test_a_constant_is_read_from_the_formulas():
    number = SITE.get("train.factor")
    assert (number.value, number.measured, number.facts) == (6, False, ())
    assert number.provenance == "read at every build from costs.TRAINING_FLOP_PER_PARAMETER_TOKEN"


def test_a_derived_number_is_computed_and_names_what_from():
    number = SITE.get("train.flops")
    assert number.value == 6 * 2592 * 1e9
    assert number.provenance == (
        "computed at every build by costs.training_flops from train.steps (2,592) and facts.read (1,000,000,000)"
    )
    assert (number.measured, number.facts) == (True, ("read",))
    assert number.rule == "computed again at every build"


def test_what_is_computed_from_facts_alone_is_not_measured_and_names_each_fact_once():
    assert (SITE.get("train.share").measured, SITE.get("train.share").facts) == (False, ("read",))
    assert (SITE.get("train.twice").measured, SITE.get("train.twice").facts) == (True, ("read",))


def test_a_list_is_brief():
    site = SmallNumbers({"train": {"loss": contract()}}, [record(values={"loss": [1, 2, 3]})])
    assert site.get("train.loss").brief == "3 values"
    assert SITE.get("train.steps").brief == "2,592"


def test_ids_are_those_of_the_contracts_and_then_the_facts():
    assert SITE.ids() == [
        *("train.steps", "train.loss", "train.flops", "train.share", "train.twice", "train.factor"),
        *("facts.read", "facts.rate"),
    ]


@pytest.mark.parametrize(
    ("used", "says"),
    [
        ("train.setps", "no number is called train.setps; did you mean train.steps?"),
        ("facts.raed", "no fact is called facts.raed; did you mean facts.read?"),
        ("claims.manny", "no claim is called claims.manny; did you mean claims.many?"),
        ("quite.other", "no number is called quite.other; add it to docs/numbers.toml"),
        ("facts.other_thing", "no fact is called facts.other_thing; add it to docs/facts.toml"),
        ("claims.xyzzy_plugh", "no claim is called claims.xyzzy_plugh; add it to docs/claims.toml"),
    ],
)
def test_an_unknown_id_is_answered_with_the_nearest_or_with_where_to_add_it(used, says):
    site = SmallNumbers(facts=FACTS, claims={"many": claim("train.steps > 1")})
    assert site.unknown(used) == says
    with pytest.raises(SiteError, match=says.replace("?", r"\?")):
        site.claim(used) if used.startswith("claims.") else site.get(used)


def test_an_unknown_id_is_named_at_each_place_that_uses_it(no_pages):
    page = no_pages / "page.md"
    page.write_text("{{ train.setps }}\n\n{{ train.steps }} of {{ train.setps }}\n")
    with pytest.raises(SiteError) as error:
        SITE.get("train.setps")
    says = "no number is called train.setps; did you mean train.steps?"
    assert str(error.value).splitlines() == [f"{page}:1: {says}", f"{page}:3: {says}"]


def test_a_missing_record_says_how_to_write_it():
    message = r"docs/records/h100/train\.json:1: there is no record; write it with: make measure .*=train DEVICE=h100$"
    with pytest.raises(SiteError, match=message):
        SmallNumbers(records=[], device="h100").get("train.steps")


def test_a_record_without_the_number_says_to_measure_again():
    site = SmallNumbers({"train": {"new": contract()}})
    line = line_of(record().path, '"values"')
    message = rf"^docs/records/cpu/train\.json:{line}: it has no new; measure again: make measure SNIPPETS=train$"
    with pytest.raises(SiteError, match=message):
        site.get("train.new")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"numerator": "train.steps"}, "missing 1 required positional argument: 'denominator'"),
        ({"numerator": "train.steps", "denominator": "train.zero"}, "division by zero"),
    ],
)
def test_a_formula_that_refuses_its_inputs_is_named(arguments, says):
    odd = contract("derived", "ratio", function="costs.ratio", arguments=arguments)
    site = SmallNumbers(
        {"train": {"steps": contract(), "zero": contract(), "odd": odd}}, [record(values={"steps": 1, "zero": 0})]
    )
    with pytest.raises(
        SiteError, match=rf"^docs/numbers\.toml:1: train\.odd: costs\.ratio refused its inputs: .*{says}"
    ):
        site.get("train.odd")


def test_what_snippets_lack_is_named():
    with pytest.raises(SiteError, match=r"^docs/numbers\.toml:7: none\.x: snippets/none\.py does not exist$"):
        load_from_snippets("none.x", 7)
    with pytest.raises(SiteError, match=r"^snippets/costs\.py:1: it has no x, which docs/numbers\.toml:7 asks for$"):
        load_from_snippets("costs.x", 7)


def test_a_formula_is_loaded_anew_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(numbers, "SNIPPETS", tmp_path)
    for value in (1, 2):
        (tmp_path / "costs.py").write_text(f"x = {'+'.join('1' * value)}\n")
        assert load_from_snippets("costs.x", 1) == value
    assert tmp_path != SNIPPETS


# --- claims on a device ---


def stated(holds) -> Stated:
    return SmallNumbers({"train": NAMED["train"] | DERIVED}, facts=FACTS, claims={"it": claim(holds)}).claim(
        "claims.it"
    )


def test_a_claim_has_its_figures_and_stands_on_their_facts():
    it = stated("train.steps > 1 and train.flops > facts.rate and facts.read > facts.rate")
    assert it.figures == {"train.steps": 2592, "train.flops": 6 * 2592 * 1e9, "facts.rate": 3.5, "facts.read": 1e9}
    assert it.facts == ("read", "rate")
    assert it.measured
    assert it.holds is True


def test_a_claim_over_facts_alone_is_not_measured():
    assert not stated("facts.read > facts.rate").measured


@pytest.mark.parametrize(
    "holds",
    [
        "train.steps < 1",
        "1 / (train.steps - 2592) > 1",
        "train.steps > 'many'",
        "train.steps[9] > 1",
        "max(train.steps) > 1",
    ],
)
def test_a_condition_that_is_broken_or_has_no_value_does_not_hold(holds):
    assert stated(holds).holds is False


def test_a_claim_says_on_what_condition_its_words_stand():
    assert stated("train.steps > 10 * facts.rate").provenance == (
        "these words stand while train.steps > 10 * facts.rate; train.steps is 2,592, facts.rate is 3.5"
    )


def test_a_claim_over_an_unknown_number_is_named_in_its_file():
    with pytest.raises(SiteError, match=r"^docs/claims\.toml:1: claims\.it: no number is called train\.stps; did you"):
        stated("train.stps > 1")


# --- the real data ---


def test_every_number_has_a_value_a_text_and_an_origin():
    site = Numbers()
    assert len(site.ids()) > 20
    for number_id in site.ids():
        number = site.get(number_id)
        assert number.value is not None
        assert number.brief
        assert number.provenance.startswith(
            ("measured by", "computed at", "read at", "quoted from", "reported from", "disputed; reported from")
        )


def test_each_claim_of_the_site_has_its_figures():
    site = Numbers()
    assert site.claims == load_claims() != {}
    for name in site.claims:
        assert None not in site.claim(f"claims.{name}").figures.values()


def test_the_formula_meets_the_reported_figure():
    """6 operations for each parameter and token, against what Meta reports for its 405B run."""
    site = Numbers()
    assert site.get("llama.flops").value == pytest.approx(site.get("facts.llama_405b_flops").value, rel=0.02)
