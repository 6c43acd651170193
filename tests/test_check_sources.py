"""The finer branches of the checks on sources: claims, numbers, records, markup and errata."""

import hashlib
import re
import subprocess

import pytest

from scripts.checks import claims, code, data, errata, load_checks, records, wording
from scripts.checks import numbers as numbers_checks
from scripts.contracts import Contract, Contracts, Kept, contract_line
from scripts.errata import Erratum
from scripts.errors import SiteError
from scripts.notation import references
from scripts.wording import Allowed
from tests.small import NAMED, SmallNumbers, SmallView, claim, contract, fact, found, record


@pytest.fixture
def page(tmp_path):
    """Return a function that writes a page and returns it with a view of it."""

    def write(text, numbers=None, **given):
        path = tmp_path / "page.md"
        path.write_text(text)
        return path, SmallView(numbers=numbers, sources=[path], uses=list(references(path)), **given)

    return write


# --- data files ---


@pytest.mark.parametrize("name", ["contracts", "facts", "claims", "exceptions", "resources", "errata"])
def test_a_broken_file_is_what_its_check_says(monkeypatch, name):
    def broken():
        raise SiteError(f"docs/{name}.toml:1: no")

    check = load_checks()[f"{name} are sound"]
    monkeypatch.setattr(data, f"load_{name}", dict)
    assert check.problems(SmallView()) == []
    monkeypatch.setattr(data, f"load_{name}", broken)
    assert check.problems(SmallView()) == [f"docs/{name}.toml:1: no"]


def test_every_broken_record_of_every_device_is_named(tmp_path, monkeypatch):
    def broken(snippet, device):
        if snippet != "good":
            raise SiteError(f"{device}/{snippet}: no")

    monkeypatch.setattr(data, "RECORDS", tmp_path)
    monkeypatch.setattr(data, "devices", lambda: ["cpu", "h100"])
    monkeypatch.setattr(data, "load_record", broken)
    for name in ("cpu/b.json", "cpu/a.json", "cpu/good.json", "cpu/notes.txt", "h100/c.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert found(data.records_are_sound, SmallView()) == ["cpu/a: no", "cpu/b: no", "h100/c: no"]


# --- claims ---

CLAIMS = {
    "many": claim("train.steps > 1000"),
    "few": claim("train.steps < 1000"),
    "here": claim("train.steps > 1000", devices=("cpu",)),
}


def on_two_devices(claims=CLAIMS):
    gpu = SmallNumbers(claims=claims, records=[record("train", "h100", values={"steps": 7})], device="h100")
    cpu = SmallNumbers(claims=claims)
    return cpu, {"cpu": cpu, "h100": gpu}


def test_a_claim_is_held_to_each_device_it_is_made_of(page):
    cpu, devices = on_two_devices()
    path, view = page(
        "Text. It takes {{ claims.many | many }} steps.\nSo it does.\n\n{{ claims.here | Many }}.\n",
        cpu,
        devices=devices,
    )
    (message,) = found(claims.every_claim_holds, view)
    assert message == (
        f"{path}:1: 'It takes many steps.' no longer fits the figures on h100: claims.many needs "
        "train.steps > 1000, and train.steps = 7. Change the words, or the condition and its reason in "
        "docs/claims.toml; where a time moved on a busy machine, measure again first"
    )


def test_a_broken_claim_is_named_at_each_use_with_its_own_words(page):
    text = "{{ claims.few | Few }} here, not {{ claims.here | there }}. There {{ claims.few | a few }}.\n\n"
    text += "- So: {{ claims.few | few }}!\n"
    path, view = page(text, SmallNumbers(claims=CLAIMS))
    said = found(claims.every_claim_holds, view)
    assert [message.partition(" no longer")[0] for message in said] == [
        f"{path}:1: 'Few here, not there.'",
        f"{path}:1: 'There a few.'",
        f"{path}:3: 'few!'",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Before. It needs\n{{ claims.few | few steps }},\nand so on. After.\n\nAnother.",
            "It needs few steps, and so on.",
        ),
        ("It needs {{ claims.few | few }}\nsteps.\nAfter.", "It needs few steps."),
        ("# Title\n\nSo\nit needs {{ claims.few | few }}", "So it needs few"),
        ("It needs {{ claims.few | few }} of {{ train.steps }} steps.", "It needs few of {{ train.steps }} steps."),
        ("Why? So: {{ claims.few | few }} steps! More.", "few steps!"),
    ],
)
def test_the_sentence_of_a_broken_claim_is_told_whole(page, text, sentence):
    _, view = page(f"{text}\n", SmallNumbers(claims=CLAIMS))
    (message,) = found(claims.every_claim_holds, view)
    assert f"{sentence!r} no longer fits" in message


def test_a_claim_without_its_figures_or_its_entry_is_left_to_other_checks(page):
    _, view = page("{{ claims.none | none }} {{ claims.many | many }}", SmallNumbers(claims=CLAIMS, records=[]))
    assert found(claims.every_claim_holds, view) == []


def test_an_unused_claim_is_named(page):
    _, view = page("{{ claims.many | many }} {{ claims.here | many }}", SmallNumbers(claims=CLAIMS))
    assert found(claims.every_claim_is_used, view) == [
        "docs/claims.toml:1: claims.few is on no page in the words 'many'; use it or remove it"
    ]


def test_a_claim_that_cannot_fail_is_named(page):
    always = {"lost": claim("train.none == train.none"), "always": claim("train.steps == train.steps")} | CLAIMS
    _, view = page("", SmallNumbers(claims=always))
    (message,) = found(claims.every_claim_can_fail, view)
    assert message == (
        "docs/claims.toml:1: claims.always: train.steps == train.steps holds whatever the figures; "
        "write a condition that can fail"
    )


def test_a_fact_of_a_claim_s_name_is_no_claim(page):
    _, view = page("{{ facts.few }}", SmallNumbers(claims=CLAIMS, facts={"few": fact()}))
    assert found(claims.every_claim_holds, view) == []


def test_what_is_said_of_a_claim_leads_to_its_entry(page, tmp_path, monkeypatch):
    path = tmp_path / "claims.toml"
    path.write_text("# claims\n\n[same]\n\n[odd]\n")
    for module in (claims, numbers_checks):
        monkeypatch.setattr(module, "CLAIMS", path)
    _, view = page(
        "", SmallNumbers(claims={"same": claim("train.steps == train.steps"), "odd": claim("quite.other > 1")})
    )

    def places(check):
        return [message.partition(": ")[0] for message in found(check, view)]

    assert places(claims.every_claim_is_used) == [f"{path}:3", f"{path}:5"]
    assert places(claims.every_claim_can_fail) == [f"{path}:3"]
    assert places(numbers_checks.every_number_is_known) == [f"{path}:5"]


# --- numbers ---


def test_every_id_is_known_and_only_claims_have_words(page):
    site = SmallNumbers(facts={"read": fact()}, claims=CLAIMS | {"odd": claim("quite.other > 1")})
    path, view = page(
        "{{ train.steps }} {{ facts.read }} {{ claims.many | many }} {{ reading.minutes }}\n"
        "{{ train.setps }}\n{{ train.loss | low }}\n{{ claims.few }}\n",
        site,
    )
    assert found(numbers_checks.every_number_is_known, view) == [
        "docs/claims.toml:1: claims.odd: no number is called quite.other; add it to docs/numbers.toml",
        f"{path}:2: no number is called train.setps; did you mean train.steps?",
        f"{path}:3: train.loss: only a claim has words after a bar",
        f"{path}:4: claims.few: write {{{{ claims.few | the words }}}}",
    ]


@pytest.mark.parametrize("number", ["train.steps.as_of", "reading.minutes.as_of", "claims.many.as_of | many"])
def test_only_a_fact_has_a_date(page, number):
    path, view = page(
        f"{{{{ facts.read.as_of }}}}\n{{{{ {number} }}}}\n", SmallNumbers(facts={"read": fact()}, claims=CLAIMS)
    )
    (message,) = found(numbers_checks.every_number_is_known, view)
    used_id = number.partition(".as_of")[0]
    assert message == f"{path}:2: {used_id}: only a fact has a date; remove .as_of"


NUMBER = "{{ train.steps }}"


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"- {NUMBER}",
        f"  * {NUMBER}",
        f"It took **{NUMBER}**.",
        f"It took {NUMBER}, {NUMBER} and ({NUMBER}; “{NUMBER}”).",
        f"|{NUMBER}| {NUMBER} |",
        f"[{NUMBER} steps](a.md), [{NUMBER}](a.md)",
        f"Is it *{NUMBER}?* Yes: {NUMBER}. K is the key.",
        f"{NUMBER} · {NUMBER} ÷ {NUMBER} = {NUMBER} kinds",
        f"{NUMBER} × {NUMBER} &minus; {NUMBER} is {NUMBER}, as before",
        f"It took\n{NUMBER}\nsteps, or\n*{NUMBER}*\n- of them: {NUMBER}",
        f"Gigabytes:\n\n{NUMBER}\n\n% of it",
        f"`{NUMBER}%`",
    ],
)
def test_a_number_that_stands_alone(page, text):
    _, view = page(f"{text}\n")
    assert found(numbers_checks.numbers_stand_alone, view) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"It took {sign}{NUMBER} steps."
            for sign in ("-", "–", "—", "\u2212", "~", "$", "€", "<", "±", "2", "x", "1.", "-(", "~ (")
        ),
        *(
            f"It took {NUMBER}{sign} steps."
            for sign in ("%", "‰", "k", "0", "+", "-", "–7", ".5", ",000", "/2", "²", "&nbsp;%")
        ),
        *(f"It took {NUMBER} {unit} steps." for unit in ("%", "‰", "k", "K", "M", "G", "T", "bn", "mn")),
        *(f"It took {sign} {NUMBER} steps." for sign in "~$±\u2212+<>≤≥×÷≈"),
        *(f"It took {sign} {NUMBER} steps." for sign in ("&plusmn;", "&lt;", "*~*", "&#126;")),
        *(
            f"It took {NUMBER} {unit} steps."
            for unit in ("GB", "kB", "MiB", "B/s", "GB/s", "kWh", "s", "h", "FLOP/s", "USD", "€", "gigabytes")
        ),
        *(f"It took {NUMBER} {share} of it." for share in ("pct", "ppm", "percent", "per cent", "&#37;", "*%*")),
        f"It took -*{NUMBER}* steps.",
        f"It took _{NUMBER}_% of it.",
        f"It took {NUMBER}{NUMBER} steps.",
        f"It took {NUMBER}  % of it.",
    ],
)
def test_what_changes_a_number_is_named(page, text):
    path, view = page(f"Text.\n\n{text}\n")
    said = found(numbers_checks.numbers_stand_alone, view)
    assert said and all(re.match(rf"{re.escape(str(path))}:3: '.*' changes {re.escape(NUMBER)}", each) for each in said)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"It took {NUMBER}\n% of the day.", 3),
        (f"It took\nabout ~\n{NUMBER} steps.", 5),
        (f"- It took {NUMBER}\n  GB.", 3),
        (f"```text\nIt took ~\n```\n{NUMBER}\n%", 6),
    ],
)
def test_what_changes_a_number_from_another_line_is_named(page, text, line):
    path, view = page(f"Text.\n\n{text}\n")
    (message,) = found(numbers_checks.numbers_stand_alone, view)
    assert message.startswith(f"{path}:{line}: ")


@pytest.mark.parametrize(
    "text", ["{{ train.steps }}", "{{ claims.a | b }}", "{{ output train }}", "`{{ a b }}`", "{ a }"]
)
def test_notation_that_is_read(page, text):
    _, view = page(f"{text}\n")
    assert found(numbers_checks.every_notation_is_read, view) == []


@pytest.mark.parametrize(
    ("text", "braces"),
    [
        ("It took {{ train steps }}.", "{{ train steps }}"),
        ("It took {{ train.steps }.", "{{ train.steps }."),
        ("See {{ output train }}.", "{{ output train }}"),
        ("{{ chart train }}", "{{ chart train }}"),
        ("{{ claims.a | }} it", "{{ claims.a | }}"),
    ],
)
def test_notation_that_would_be_shown_as_it_stands(page, text, braces):
    path, view = page(f"Text.\n\n{text}\n")
    (message,) = found(numbers_checks.every_notation_is_read, view)
    assert message.startswith(f"{path}:3: {braces} is neither a number nor a block")


def test_a_contract_is_used_by_a_page_a_formula_a_claim_a_picture_or_a_notebook(page, monkeypatch):
    names = ("shown", "argument", "claimed", "drawn", "idle")
    derived = contract("derived", function="costs.ratio", arguments={"numerator": "train.argument"})
    given = {"train": {name: contract() for name in names} | {"formula": derived}, "train-and-infer": {"x": contract()}}
    site = SmallNumbers(given, claims={"a": claim("train.claimed > 1")})
    monkeypatch.setattr(numbers_checks, "numbers_drawn", lambda numbers: {"train.drawn"})
    _, view = page("{{ train.shown }} {{ train.formula }}", site)
    assert found(numbers_checks.every_contract_is_used, view) == [
        "docs/numbers.toml:1: train.idle is on no page; use it or remove it"
    ]


def test_a_formula_without_its_inputs_is_left_to_another_check(page):
    lost = contract("derived", "FLOP", function="costs.ratio", arguments={"numerator": "train.none"})
    wrong = contract(
        "derived", "FLOP", function="costs.ratio", arguments={"numerator": "train.steps", "denominator": "train.steps"}
    )
    named = contract("constant", "ratio", constant="costs.TRAINING_FLOP_PER_PARAMETER_TOKEN")
    given = {"train": NAMED["train"] | {"lost": lost, "wrong": wrong, "named": named}}
    _, view = page("", SmallNumbers(given))
    (message,) = found(numbers_checks.formulas_fit_their_units, view)
    assert message.split(": ")[1] == "train.wrong"
    assert "mend the formula or the unit" in message
    (message,) = found(numbers_checks.every_number_can_be_had, view)
    assert "no number is called train.none" in message


@pytest.mark.parametrize(
    ("unit", "variable", "source", "says"),
    [
        ("USD", "usd", "facts.peak", None),
        ("hour", "usd", "facts.peak", "training_cost.usd is in USD in calculators.toml, and the contract says hour"),
        (
            "FLOP",
            "peak",
            "facts.peak",
            "training_cost.peak has no unit in calculators.toml, and the contract says FLOP",
        ),
        ("USD", "usd", "facts.read", "facts.read is in token, and training_cost.flops_per_second in FLOP/second"),
        ("USD", "usd", "facts.none", None),
    ],
)
def test_a_calculator_s_number_is_held_to_the_calculator_s_units(page, monkeypatch, unit, variable, source, says):
    monkeypatch.setattr("scripts.numbers.calculation", lambda name, variable: lambda flops_per_second: 1.0)
    given = contract("derived", unit, function=f"training_cost.{variable}", arguments={"flops_per_second": source})
    facts = {"peak": fact(unit="FLOP/second"), "read": fact()}
    _, view = page("", SmallNumbers({"cost": {"usd": given}}, facts=facts))
    said = found(numbers_checks.formulas_fit_their_units, view)
    assert [f": cost.usd: {says}; " in each for each in said] == ([True] if says else [])


def test_a_constant_without_its_unit_is_named_once(page):
    """And the formulas beside it, which cannot be called with units before it is mended, are not."""
    wrong = contract(
        "derived", "FLOP", function="costs.ratio", arguments={"numerator": "train.steps", "denominator": "train.steps"}
    )
    nameless = contract("constant", "ratio", constant="costs.FACTOR")
    given = {"train": NAMED["train"] | {"wrong": wrong, "nameless": nameless, "other": nameless}}
    _, view = page("", SmallNumbers(given))
    (message,) = found(numbers_checks.formulas_fit_their_units, view)
    assert message.startswith("snippets/costs.py:1: FACTOR is a constant without its unit")
    had = found(numbers_checks.every_number_can_be_had, view)
    assert len(had) == 2 and all("it has no FACTOR" in message for message in had)


# --- records ---


@pytest.fixture
def lines(monkeypatch):
    """Let every record lie in no file, each key that a message may point to on a line of its own."""
    places = {'"torch"': 4, '"device_name"': 5, '"commit"': 6}
    monkeypatch.setattr(records, "line_of", lambda path, text: places.get(text, 1))


def test_a_snippet_without_a_record_is_named(monkeypatch):
    monkeypatch.setattr(records, "snippet_names", lambda: ["train", "fresh"])
    assert found(records.every_snippet_is_measured, SmallView()) == [
        "snippets/fresh.py:1: it has no record; write it with: make measure SNIPPETS=fresh"
    ]


def test_records_of_another_torch_are_named_with_their_device(lines, monkeypatch):
    monkeypatch.setattr(records, "version", lambda name: "2.13.0+cu130")
    view = SmallView(records=[record(), record(torch=None), record("train", "h100", torch="2.12.0+cu130")])
    assert found(records.records_are_of_the_locked_torch, view) == [
        "docs/records/h100/train.json:4: measured on torch 2.12.0+cu130, locked is 2.13.0; "
        "run: make measure SNIPPETS=train DEVICE=h100"
    ]


GPU = {"device_name": "NVIDIA H100 80GB", "cuda": "13.0", "driver": "580"}


@pytest.mark.parametrize(
    ("device", "changes", "says"),
    [
        ("cpu", {}, None),
        ("cpu", {"cuda": "13.0"}, "a record of the CPU cannot have used CUDA"),
        ("cpu", {"driver": "580"}, "a record of the CPU cannot have used CUDA"),
        ("h100", GPU, None),
        ("h100", GPU | {"cuda": None}, "names its CUDA and its driver"),
        ("h100", GPU | {"driver": None}, "names its CUDA and its driver"),
        ("a100", GPU, "NVIDIA H100 80GB is no a100; its records belong to h100"),
    ],
)
def test_a_record_bears_the_marks_of_its_device(lines, device, changes, says):
    said = found(records.records_are_of_their_device, SmallView(records=[record("train", device, **changes)]))
    assert len(said) == (says is not None)
    assert says is None or (f"docs/records/{device}/train.json:5: " in said[0] and says in said[0])


TIMED = {
    "train": {"seconds": contract("recorded", "second"), "steps": contract()},
    "rates": {"rate": contract("recorded", "second")},
    "both": {
        "ratio": contract(
            "derived", "ratio", function="costs.ratio", arguments={"a": "train.seconds", "b": "both.rate"}
        ),
        "rate": contract("derived", "second", function="costs.total", arguments={"a": "rates.rate", "b": "rates.rate"}),
        "count": contract(
            "derived", "ratio", function="costs.ratio", arguments={"a": "train.steps", "b": "rates.rate"}
        ),
        "mixed": contract("derived", "ratio", function="costs.ratio", arguments={"a": "train.seconds", "b": "facts.a"}),
    },
}


@pytest.mark.parametrize(
    ("changes", "machines"),
    [
        ({}, None),
        ({"device_name": "Another"}, "A processor, torch 2.13.0+cpu and of Another, torch 2.13.0+cpu"),
        ({"torch": "2.12.0+cpu"}, "A processor, torch 2.12.0+cpu and of A processor, torch 2.13.0+cpu"),
    ],
)
def test_times_that_are_compared_are_of_one_machine(monkeypatch, changes, machines):
    """Also where a time comes through another number; a count of another machine does no harm."""
    monkeypatch.setattr(records, "contract_line", lambda number_id: 7)
    numbers = SmallNumbers(TIMED, [record("train"), record("rates", **changes)])
    said = found(records.times_compared_are_of_one_machine, SmallView(numbers=numbers))
    again = 'measure on one: make measure SNIPPETS="rates train"'
    wanted = f"docs/numbers.toml:7: both.ratio compares times of {machines}; {again}"
    assert said == ([wanted] if machines else [])


def test_a_ratio_of_times_keeps_the_timings_behind_it(monkeypatch, lines):
    monkeypatch.setattr(records, "contract_line", lambda number_id: 7)
    names = {"train": {"speed": contract("band", "ratio", factor=2.0)}, "other": {"steps": contract()}}

    def said(samples, *kept):
        numbers = SmallNumbers(names, [])
        numbers.contracts = Contracts(numbers=names, snippets={"train": Kept(samples=kept)} if kept else {})
        return found(records.timings_are_kept, SmallView(numbers=numbers, records=[record(samples=samples)]))

    assert said({"times": [0.1]}, "times") == []
    (unnamed,) = said({"times": [0.1]})
    assert unnamed.startswith("docs/numbers.toml:7: train.speed: nothing keeps the timings behind it")
    (lost,) = said({}, "times")
    assert lost.startswith("docs/records/cpu/train.json:")
    assert lost.endswith(": it has no times; make measure SNIPPETS=train")


@pytest.fixture
def history(tmp_path, monkeypatch, lines):
    """Return a repository with one commit of one snippet, in the place of ours, and that commit."""
    (tmp_path / "a.py").write_text("a = 1\n")
    commit = ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "One"]
    for arguments in (["init", "--quiet"], ["add", "."], commit):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    for module in (records, errata):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True).stdout.strip()


def sha(content):
    return hashlib.sha256(content).hexdigest()


def test_a_record_names_the_commit_that_holds_its_sources(history):
    def said(**changes):
        return found(records.records_name_their_commit, SmallView(records=[record(**changes)]))

    assert said(commit=history, sources={"a.py": sha(b"a = 1\n")}) == []
    place = "docs/records/cpu/train.json:6: "
    remedy = "commit, then make measure SNIPPETS=train"
    other = said(commit=history, sources={"a.py": sha(b"a = 2\n")})
    assert other == [f"{place}commit {history[:7]} holds another a.py; {remedy}"]
    lost = said(commit=history, sources={"no.py": sha(b"x")})
    assert lost == [f"{place}commit {history[:7]} holds another no.py; {remedy}"]
    dirty = said(commit=history, dirty=True, sources={"a.py": sha(b"a = 2\n")})
    assert dirty == [f"{place}it was measured on sources that no commit holds; {remedy}"]
    pair = SmallView(records=[record(dirty=True), record(commit=history, sources={"a.py": "x"})])
    assert len(found(records.records_name_their_commit, pair)) == 2
    (gone,) = said(commit="1" * 40, sources={"a.py": "x", "b.py": "y"})
    assert gone == f"{place}commit 1111111 is not in this clone. If it is shallow: git fetch --unshallow; else {remedy}"


def test_a_file_is_the_one_that_its_snippet_wrote(history, tmp_path):
    files = {"a.py": sha(b"a = 1\n"), "gone.bin": "x"}
    (message,) = found(records.files_are_those_of_the_record, SmallView(records=[record(files=files)]))
    assert message == f"{tmp_path}/gone.bin:1: it is missing; write it with: make measure SNIPPETS=train"
    (message,) = found(records.files_are_those_of_the_record, SmallView(records=[record(files={"a.py": "x"})]))
    assert message == (
        f"{tmp_path}/a.py:1: it is not the file that train.py wrote when it was recorded; make measure SNIPPETS=train"
    )
    gpu = record("train", "h100", files={"a.py": "x"})
    assert found(records.files_are_those_of_the_record, SmallView(records=[gpu])) == [], "one checkpoint serves all"


# --- errata ---


@pytest.mark.parametrize(
    ("test", "is_there"),
    [
        ("a.py::checks_it", True),
        ("a.py::in_a_class", True),
        ("a.py::checks", False),
        ("a.py::checks_it_not", False),
        ("a.py", False),
        ("none.py::checks_it", False),
        ("check every claim holds", True),
        ("check every claim", False),
        ("every claim holds", False),
        ("a.py::checks_each", False),
        ("a.py::checks_each[one]", True),
        ("a.py::checks_it[one]", False),
        ("a.py::test_fault", False),
        ("a.py::test_fault[a dead link]", True),
        ("a.py::test_fault[a dead]", False),
        ("a.py::test_fault[helper]", False),
    ],
)
def test_an_erratum_names_what_catches_it(history, tmp_path, monkeypatch, test, is_there):
    each = "@pytest.mark.parametrize('x', 'y')\ndef {}(x): pass\n"
    (tmp_path / "a.py").write_text(
        "def checks_it(): pass\nclass A:\n    def in_a_class(self): pass\n"
        f"{each.format('checks_each')}{each.format('test_fault')}"
    )
    (tmp_path / "planted.py").write_text("@fault('x', 'y')\ndef a_dead_link(tree): pass\ndef helper(tree): pass\n")
    entry = Erratum(found="2026-01-02", was="Wrong.", now="Right.", commit=history[:7], test=test)
    monkeypatch.setattr(errata, "load_errata", lambda: {"planted": entry})
    said = found(errata.errata_name_what_catches_them, SmallView())
    expected = f"docs/errata.toml:1: planted: there is no {test}; {errata.FORMS}"
    assert said == ([] if is_there else [expected])


def test_an_erratum_names_a_commit_of_the_history(history, monkeypatch):
    entry = Erratum(found="2026-01-02", was="", now="", commit="1234567", test="check every claim holds")
    monkeypatch.setattr(errata, "load_errata", lambda: {"planted": entry})
    assert found(errata.errata_name_what_catches_them, SmallView()) == [
        "docs/errata.toml:1: planted: commit 1234567 is not in the history"
    ]


# --- labels ---


@pytest.mark.parametrize(
    ("label", "held"),
    [("Steps", None), ("Steps of GPT-2", None), ("Steps of 9", "9"), ("Half the steps", "Half"), ("Two steps", "Two")],
)
def test_a_label_is_prose(monkeypatch, label, held):
    """It is shown in the table of numbers and read out with each of them."""
    names = {"gpt": Allowed(words="GPT-2", kind="name", why="A model.")}
    monkeypatch.setattr(numbers_checks, "load_exceptions", lambda: names)
    contracts = Contracts(numbers={"train": {"steps": Contract(label=label, unit="step", check="exact")}})
    said = found(numbers_checks.labels_hold_no_figures, SmallView(numbers=SmallNumbers(contracts.numbers)))
    wanted = (
        f"docs/numbers.toml:{contract_line('train.steps')}: the label of train.steps holds {held!r}; say it without"
    )
    assert said == ([wanted] if held else [])


# --- markup ---


@pytest.mark.parametrize(
    "text",
    [
        '<div class="table-scroll" markdown="block">',
        "<ul class=doors markdown>\n<li>One</li>\n</ul>",
        "A claim.\n{: .claim }\n\nMore.\n{: .meta }",
        "{{ train.steps }} and `<span class=number>9</span>{ .claimed }`",
        '!!! quote "Say it"\n\n??? question "Why?"\n\n???+ note\n\n!!! warning',
        "5 < 6, x <y and <https://example.org/?a=b>",
        "```html\n<span class=number>9</span>\n```",
        '```python title="train.py"\n--8<-- "train.py"\n```',
        "    ````markdown\n    ```python\n    x\n    ```\n    ````",
    ],
)
def test_markup_that_pages_may_hold(page, text):
    _, view = page(f"{text}\n")
    assert found(wording.markup_is_plain, view) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<span class="claimed">9 hours</span>', "<span class=claimed> is not among the HTML"),
        ("<span class='claimed'>9 hours</span>", "<span class=claimed> is not"),
        ("<SPAN CLASS=claimed>9 hours</SPAN>", "<span class=claimed> is not"),
        ('<span/class="claimed">9 hours</span>', "<span class=claimed> is not"),
        ('<span\nclass="claimed">9 hours</span>', "<span class=claimed> is not"),
        ('<li class="claimed">9 hours</li>', "<li class=claimed> is not"),
        ('<li data-number="train.steps">9</li>', "<li data-number=train.steps> is not"),
        ('<li title="<" class="claimed">9</li>', "<li title=< class=claimed> is not"),
        ('<div class="table-scroll" class="claimed">9</div>', "<div class=table-scroll class=claimed> is not"),
        ("<kbd>9</kbd>", "<kbd> is not"),
        ("<time/>", "<time> is not"),
        ("*9 hours*{ .claimed }", "the attributes .claimed are not among those that pages may give"),
        ("9 hours\n{: .claim .claimed }", "the attributes .claimed are not"),
        ("*9 hours*{ class=claimed }", "the attributes class=claimed are not"),
        ("*9 hours*{data-number=x}", "the attributes data-number=x are not"),
        ("## 9 hours { #x .claim }", "the attributes #x are not"),
        ("!!! cite\n\n    9 hours", "cite is not among the boxes that pages may hold"),
        ('??? note claimed "9 hours"', "claimed is not among the boxes"),
        ("???+ jupyter-wrapper", "jupyter-wrapper is not among the boxes"),
        ('> !!! claimed "9000 hours"', "claimed is not among the boxes"),
        ('- !!! claimed "9000 hours"', "claimed is not among the boxes"),
        ('1. ??? claimed "9000 hours"', "claimed is not among the boxes"),
        ("*9 hours*{ .claimed }}", "the attributes .claimed are not"),
        (r"\`<span class=claimed>9 hours</span>\`", "an escaped backtick is not read alike by all; say it without"),
        ("a <![CDATA[ b <i>9</i>", "a section of XML is not read alike"),
        ('-8<- "costs.py"', "an include outside a block of code"),
        ("``` see below!\n\n<b>9</b>\n\n```", "the fence header 'see below!' is more than a language"),
        ("```{ .text .recorded }\n9 hours\n```", "the fence header '{ .text .recorded }' is more than"),
        ("```text\n9 hours", "this block of code does not end; close its fence"),
        ('```text title="It takes 9 hours"\nx\n```', "'It takes 9 hours' is not the file that the block includes"),
        ('```python title="a.py"\n--8<-- "b.py"\n```', "the title 'a.py' is not the file that the block includes"),
    ],
)
def test_markup_that_could_hide_a_typed_figure(page, text, says):
    path, view = page(f"Text.\n\n{text}\n")
    said = found(wording.markup_is_plain, view)
    assert any(says in message and re.match(rf"{path}:[34]: ", message) for message in said), said


def test_each_of_several_tags_is_named_on_its_line(page):
    path, view = page("<b>x</b>\n\n<i>y</i> <u>z</u>\n")
    assert [message.partition(" is")[0] for message in found(wording.markup_is_plain, view)] == [
        f"{path}:1: <b>",
        f"{path}:3: <i>",
        f"{path}:3: <u>",
    ]


# --- code ---


def test_a_page_whose_blocks_cannot_be_read_is_named(page):
    def unreadable(path):
        raise ValueError("odd")

    def refused(path):
        raise SiteError("docs/a.md:5: no")

    path, view = page("", blocks=unreadable)
    assert found(code.every_block_is_found, view) == [f"{path}:1: its blocks cannot be read: odd"]
    view.blocks = refused
    assert found(code.every_block_is_found, view) == ["docs/a.md:5: no"]
    assert found(code.blocks_shown_are_run, view) == []


def test_an_import_that_a_reader_lacks_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(code, "SNIPPETS", tmp_path)
    (tmp_path / "b.py").write_text(
        "import json, torch.nn\nimport tiny_gpt\n\n\ndef f():\n    from numpy.linalg import norm\n"
    )
    (tmp_path / "a.py").write_text("import yaml, attrs, math\n")
    (tmp_path / "quantization.py").write_text("import torchao.quantization\n")
    assert found(code.snippets_need_only_torch, SmallView()) == [
        f"{tmp_path}/a.py:1: a.py imports attrs, yaml, and its reader has torch only",
        f"{tmp_path}/b.py:6: b.py imports numpy, and its reader has torch only",
    ]
