"""What a page shows is compared with the data, in every place where the two can part."""

import copy
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from scripts.checks import promised, shown
from scripts.errata import Erratum
from scripts.markup import claim_element, number_element
from scripts.notation import Use
from scripts.numbers_markdown import BLOCKS
from scripts.paths import DOCS
from scripts.reading import MINUTES_ID, RATE_ID, minutes
from tests.small import SmallNumbers, SmallView, claim, contract, fact, found, record

INDEX = "docs/index.md:1: "
SITE = SmallNumbers(
    facts={
        "read": fact(),
        "old": fact(kind="price", unit="USD", value=2.5),
        "heard": fact(grade="B"),
        "disputed": fact(grade="C"),
        "reading_words_per_minute": fact(value=200, unit="word/minute"),
    },
    claims={"many": claim("train.steps > 1"), "big": claim("facts.disputed > facts.read")},
)
GPU = SmallNumbers(records=[record("train", "h100", values={"steps": 7, "loss": 0.5})], facts=SITE.facts, device="h100")


def html(made, serial=1):
    """Return an element as a finished page holds it."""
    made[0].set("aria-describedby", f"note-{serial}")
    made[-1].set("id", f"note-{serial}")
    return ET.tostring(made, encoding="unicode", method="html")


def number(number_id, serial=1, on=SITE):
    return html(number_element(on.get(number_id)), serial)


def words(claim_id, said):
    return html(claim_element(SITE.claim(claim_id), said))


def view(markup, **given):
    return SmallView({"index.html": markup}, SITE, devices={"cpu": SITE, "h100": GPU}, **given)


# --- numbers ---


@pytest.mark.parametrize(
    "markup",
    [
        number("train.steps"),
        number("train.loss"),
        number("facts.read"),
        number("facts.old"),
        words("claims.many", "many"),
    ],
)
def test_a_number_as_its_data_give_it(markup):
    assert found(shown.numbers_are_those_of_the_data, view(markup)) == []


@pytest.mark.parametrize(
    ("number_id", "old", "new", "says"),
    [
        ("train.steps", ">2,592<", ">2,593<", "train.steps is shown as '2,593', and is '2,592'"),
        ("train.steps", 'value="2592"', 'value="2593"', "train.steps is shown as '2,592', and is '2,592'"),
        ("train.loss", 'value="0.0849"', 'value="0.0850"', "train.loss is shown as '0.0849', and is '0.0849'"),
        ("train.steps", "2026-01-02", "2026-01-03", "the note of train.steps says 'Steps: measured by train.py on"),
        ("train.steps", "all about it", "about it", "the note of train.steps says"),
        ("train.steps", 'aria-describedby="note-1"', "", "does not tell a screen reader where it comes from"),
        ("facts.old", ' <strong class="expired"> (old figure)</strong>', "", "is past its date, and does not say so"),
        ("facts.read", "<span class=", '<b class="expired"></b><span class=', "is past its date, and does not say so"),
        ("train.steps", "#train.steps", "#train.setps", "stands where a number should, and is none of the site's"),
        ("train.steps", "#train.steps", "#train.loss", "the note of train.loss says"),
    ],
)
def test_a_number_that_is_not_as_its_data_give_it(number_id, old, new, says):
    markup = number(number_id).replace('<strong class="expired">', ' <strong class="expired">')
    if new.startswith("<b"):
        at = markup.index('<span class="provenance"')
        markup = f"{markup[:at]}{new.removesuffix('<span class=')}{markup[at:]}"
    else:
        assert old in markup
        markup = markup.replace(old, new)
    said = found(shown.numbers_are_those_of_the_data, view(markup))
    assert any(message.startswith(INDEX) and says in message for message in said), said


def test_a_number_computed_from_an_old_figure_says_so():
    arguments = {"numerator": "facts.old", "denominator": "facts.old"}
    given = {"cost": {"old": contract("derived", "ratio", function="costs.ratio", arguments=arguments)}}
    site = SmallNumbers(given, facts=SITE.facts)
    said, fresh = number("cost.old", on=site), number_element(replace(site.get("cost.old"), expired=False))
    for markup, problems in ((said, []), (html(fresh), [f"{INDEX}cost.old is past its date, and does not say so"])):
        page = SmallView({"index.html": markup}, site)
        assert found(shown.numbers_are_those_of_the_data, page) == problems


def test_a_claim_s_note_is_compared_and_its_words_are_free():
    markup = words("claims.many", "quite a few")
    assert found(shown.numbers_are_those_of_the_data, view(markup)) == []
    (message,) = found(shown.numbers_are_those_of_the_data, view(markup.replace("steps &gt; 1", "steps &gt; 2")))
    assert "the note of claims.many says 'these words stand while train.steps > 2" in message


def test_a_number_is_compared_with_its_own_device():
    on_gpu = f'<span data-device="h100">{number("train.steps", on=GPU)}</span>'
    assert found(shown.numbers_are_those_of_the_data, view(on_gpu)) == []
    assert found(shown.numbers_are_those_of_the_data, view(on_gpu.replace("h100", "cpu")))
    outer = number("train.steps", on=GPU).replace('class="number"', 'class="number" data-device="h100"', 1)
    assert found(shown.numbers_are_those_of_the_data, view(outer)) == []


def test_the_time_to_read_is_computed_again():
    time = html(number_element(minutes(DOCS / "index.md", SITE), row="facts.reading_words_per_minute"))
    assert found(shown.numbers_are_those_of_the_data, view(time)) == []
    shorter = time.replace("minutes</data>", "hours</data>")
    assert len(found(shown.numbers_are_those_of_the_data, view(shorter))) == 1
    assert found(shown.numbers_are_those_of_the_data, view(number("facts.reading_words_per_minute"))) == []


def test_a_number_is_placed_at_its_first_use_on_its_page():
    page, other = DOCS / "index.md", DOCS / "reference" / "model.md"
    uses = [
        Use("train.steps", other, 3, ""),
        Use("train.steps", page, 5, "", when=True),
        Use("train.loss", page, 6, ""),
        Use("train.steps", page, 7, ""),
        Use("train.steps", page, 9, ""),
    ]
    wrong = number("train.steps").replace(">2,592<", ">1<")
    (message,) = found(shown.numbers_are_those_of_the_data, view(wrong, uses=uses))
    assert message.startswith("docs/index.md:7: ")


def test_an_id_stands_once():
    assert found(shown.every_id_stands_once, view('<p id="a"></p><p id="b"></p>')) == []
    said = found(
        shown.every_id_stands_once, view('<p id="b"></p><p id="a"></p><i id="b"></i><i id="a"></i><i id="a"></i>')
    )
    assert said == [f"{INDEX}the id {each!r} stands more than once on index.html" for each in "ab"]


# --- facts ---


def cited(markup, place="source-1"):
    """Return a number with a reference to a source."""
    at = markup.rindex('<span class="provenance"')
    return f'{markup[:at]}<sup class="cite"><a href="#{place}">1</a></sup>{markup[at:]}'


SOURCE = (
    '<ol class="sources"><li id="source-1">A university, <a href="https://example.org/paper">A paper</a>. '
    "Tokens read: pre-training only; as of 2024-01-15; seen at its source, checked 2026-01-01.</li></ol>"
)


def test_a_quoted_number_points_to_its_source():
    check = shown.every_fact_is_cited
    assert found(check, view(cited(number("facts.read")) + SOURCE)) == []
    assert found(check, view(number("train.steps"))) == [], "a measured number has no source"
    message = f"{INDEX}facts.read is shown without its source, A university, A paper"
    for broken in (
        number("facts.read") + SOURCE,
        cited(number("facts.read"), "source-2") + SOURCE,
        cited(number("facts.read")) + SOURCE.replace("pre-training only", "all of it"),
        cited(number("facts.read")) + SOURCE.replace("example.org/paper", "example.org/other"),
        cited(number("facts.read")) + SOURCE.replace('class="sources"', ""),
        cited(number("facts.read")),
    ):
        assert found(check, view(broken)) == [message]


def test_a_claim_points_to_the_source_of_each_of_its_facts():
    said = found(shown.every_fact_is_cited, view(words("claims.big", "bigger")))
    assert len(said) == 2


@pytest.mark.parametrize(
    ("old", "new", "is_sound"),
    [
        ("", "", True),
        ("checked 2026-01-01", "checked 2026-02-01", False),
        ("Tokens read", "9 tokens read", False),
        ("as of 2024-01-15", "as of January", True),
        ("example.org/paper", "example.org/9", False),
    ],
)
def test_a_source_holds_no_figure_of_its_own(old, new, is_sound):
    said = found(shown.sources_are_those_of_the_facts, view(SOURCE.replace(old, new) if old else SOURCE))
    assert len(said) == (not is_sound)
    assert all("holds figures that docs/facts.toml does not" in message for message in said)


@pytest.mark.parametrize(
    ("number_id", "text", "says"),
    [
        ("facts.read", "<p>It read {}.</p>", None),
        ("train.steps", "<p>It took {}.</p>", None),
        ("facts.heard", "<p>It reportedly read {}.</p>", None),
        ("facts.heard", "<p>Estimates give {}.</p>", None),
        ("facts.heard", "<p>They expect {}.</p>", None),
        ("facts.heard", "<p>It is said to be {}.</p>", None),
        ("facts.heard", "<p>It read {}.</p><p>So it is reported.</p>", "reported"),
        ("facts.heard", "<p>Disputed: {}.</p>", "reported"),
        ("facts.heard", f"<p>{number('train.steps')} steps</p><p>{{}}</p>", "reported"),
        ("facts.heard", "<div>reported {}</div>", "reported"),
        ("facts.disputed", "<li>Disputed: {}.</li>", None),
        ("facts.disputed", "<table><tr><td>Unclear</td><td>{}</td></tr></table>", None),
        ("facts.disputed", "<p>As reported: {}.</p>", "disputed"),
    ],
)
def test_a_reported_figure_says_so_in_its_own_paragraph(number_id, text, says):
    said = found(shown.reported_figures_say_so, view(text.format(number(number_id))))
    grade = (number_id == "facts.disputed" and "C") or "B"
    expected = f"{INDEX}{number_id} is of grade {grade}: say in its paragraph that it is {says}"
    assert said == ([expected] if says else [])


@pytest.mark.parametrize("block", ["p", "li", "tr", "dd", "figcaption", "summary"])
def test_a_paragraph_is_whatever_is_read_as_one(block):
    said = f"<{block}>It is reported to be <b>{number('facts.heard')}</b>.</{block}>"
    assert found(shown.reported_figures_say_so, view(said)) == []
    aside = f"<div>Reported: <{block}>{number('facts.heard')}</{block}></div>"
    assert len(found(shown.reported_figures_say_so, view(aside))) == 1


@pytest.mark.parametrize(
    ("markup", "is_for_clients"),
    [
        (f'<div class="admonition quote"><p>{number("facts.disputed")}</p></div>', True),
        (f'<div class="admonition quote"><p>{words("claims.big", "more")}</p></div>', True),
        (f'<div class="admonition note"><p>{number("facts.disputed")}</p></div>', False),
        (f'<div class="admonition quote"><p>{number("facts.heard")}</p></div>', False),
    ],
)
def test_a_disputed_figure_is_not_for_clients(markup, is_for_clients):
    said = found(shown.no_disputed_figure_is_for_clients, view(markup))
    message = f"{INDEX}facts.disputed is disputed (grade C), and may not stand in a line for clients"
    assert said == ([message] if is_for_clients else [])


@pytest.mark.parametrize("block", ["dl", "details", "p"])
def test_no_disputed_figure_stands_where_clients_are_answered(block):
    markup = f"<{block}><dd>{number('facts.disputed')}</dd></{block}>"
    page = SmallView({"costs/client-questions/index.html": markup}, SITE)
    (message,) = found(shown.no_disputed_figure_is_for_clients, page)
    assert message.startswith("docs/costs/client-questions.md:1: facts.disputed is disputed (grade C)")
    assert found(shown.no_disputed_figure_is_for_clients, view(markup)) == []


@pytest.mark.parametrize(
    ("markup", "is_known"),
    [
        ('<time datetime="2024-01-15">January 2024</time>', True),
        ('<time datetime="2024-01-16">January 2024</time>', False),
        ('<time datetime="2024-01-15">January 2025</time>', False),
        ("<time>January 2024</time>", False),
        ("<table><td><time>2019-01-01</time></td></table>", True),
    ],
)
def test_a_date_is_that_of_a_fact(markup, is_known):
    assert len(found(shown.dates_are_those_of_facts, view(f"<article>{markup}</article>"))) == (not is_known)


@pytest.mark.parametrize(
    ("markup", "line", "says"),
    [
        ('<p><time datetime="2024-01-15">January 2024</time><time datetime="2020-05-02">May 2020</time></p>', 0, None),
        (
            '<p><time datetime="2020-05-02">May 2020</time></p><time datetime="2024-01-15">January 2024</time>',
            3,
            "facts.read.as_of is named here, and the page shows May 2020",
        ),
        (
            '<table><td><time datetime="2024-01-15">May 2020</time></td></table>',
            3,
            "facts.read.as_of is named here, and the page shows May 2020",
        ),
        (
            '<time datetime="2024-01-15">January 2024</time>',
            4,
            "facts.later.as_of is named here, and the page shows none",
        ),
        (
            '<time datetime="2024-01-15">January 2024</time><time datetime="2020-05-02">May 2020</time><time>9</time>',
            1,
            "no more date is named here, and the page shows 9",
        ),
        (
            '<div data-table="errata"><time>9</time></div><time datetime="2024-01-15">January 2024</time>'
            '<cost-calculator><time>8</time></cost-calculator><time datetime="2020-05-02">May 2020</time>',
            0,
            None,
        ),
    ],
)
def test_a_date_is_that_of_the_fact_that_its_source_names(markup, line, says):
    page = DOCS / "index.md"
    uses = [Use("facts.read", page, 3, "", when=True), Use("facts.later", page, 4, "", when=True)]
    numbers = SmallNumbers(facts={"read": fact(), "later": fact(as_of=date(2020, 5, 2))})
    site = SmallView({"index.html": f"<article>{markup}</article>"}, numbers, uses=uses, sources=[page])
    said = found(promised.pages_show_what_their_sources_name, site)
    assert said == ([f"docs/index.md:{line}: {says}"] if says else [])


def noted(*ids):
    link = '<span class="number"><span class="provenance"><a href="../numbers/#{}">x</a></span></span>'.format
    return f"<article>{''.join(map(link, ids))}</article>"


@pytest.mark.parametrize(
    ("ids", "says"),
    [
        (["train.steps", RATE_ID], None),
        (["train.loss", RATE_ID], "docs/index.md:3: train.steps is named here, and the page shows train.loss"),
        (["train.steps"], f"docs/index.md:4: {RATE_ID} is named here, and the page shows nothing"),
        (
            ["train.steps", RATE_ID, "train.loss"],
            "docs/index.md:1: nothing more is named here, and the page shows train.loss",
        ),
    ],
)
def test_a_number_is_the_one_that_its_source_names(ids, says):
    page = DOCS / "index.md"
    uses = [Use("train.steps", page, 3, "", when=False), Use(MINUTES_ID, page, 4, "", when=False)]
    site = SmallView({"index.html": noted(*ids)}, uses=uses, sources=[page])
    assert found(promised.pages_show_what_their_sources_name, site) == ([says] if says else [])


# --- outputs, tables, figures ---


def output(text, caption, device=None):
    attribute = f' data-device="{device}"' if device else ""
    return (
        f'<figure class="output" data-record="train"{attribute}><pre><code>{text}\n</code></pre>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def test_an_output_is_that_of_its_record():
    check, own = shown.outputs_are_as_recorded, record()
    text = "\n".join(own.stdout)
    assert found(check, view(output(text, own.caption))) == []
    gpu = GPU.record("train")
    assert found(check, view(output(text, gpu.caption, "h100"))) == []
    for changed, parted in (
        (text + " or so", "its line 2 should be 'done', and is 'done or so'"),
        (text.removesuffix("\ndone"), "its line 2 should be 'done', and is missing"),
        (text + "\nmore", "its line 3, 'more', should not be there"),
    ):
        (message,) = found(check, view(output(changed, own.caption)))
        assert message.startswith(f"{INDEX}the output of train is not that of docs/records/cpu/train.json: {parted}; ")
    (message,) = found(check, view(output(text, gpu.caption)))
    assert message.startswith(f"{INDEX}the output of train is shown under another date or machine, {gpu.caption!r}; ")
    assert own.caption in message


@pytest.fixture
def data(monkeypatch):
    """Let two resources and one erratum be all there are."""
    resources = [
        SimpleNamespace(title=title, by="C", kind="video", minutes=minutes, why="Good.")
        for title, minutes in (("A", 9), ("B", 7))
    ]
    erratum = Erratum(found=date(2026, 1, 2), was="Wrong\nso.", now="Right.", commit="1234567", test="check it")
    monkeypatch.setattr(shown, "load_resources", lambda: dict(enumerate(resources)))
    monkeypatch.setattr(shown, "load_errata", lambda: {"one": erratum})


def table(name, *rows):
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td> ' for cell in row)}</tr>" for row in rows)
    return f'<div data-table="{name}"><table><thead><tr><th>x</th></tr></thead><tbody>{body}</tbody></table></div>'


CLAIM_ROWS = [
    ("many", "train.steps &gt; 1", "now", "Because."),
    ("big", "facts.disputed &gt; facts.read", "now", "Because."),
]
A, B = ("A, C", "video, 9 min", "Good."), ("B, C", "video, 7 min", "Good.")
ERRATUM = ("2026-01-02", "Wrong so.", "Right.", "check it", "1234567")


@pytest.mark.parametrize(
    "markup",
    [
        table("resources", A, B),
        table("errata", ERRATUM),
        table("claims", *CLAIM_ROWS),
    ],
)
def test_a_table_that_holds_its_data(data, markup):
    assert found(shown.tables_are_those_of_the_data, view(markup)) == []


@pytest.mark.parametrize(
    ("markup", "says"),
    [
        (table("resources", A), "the table resources has 1 rows for 2 entries; build again"),
        (table("resources", A, B, B), "the table resources has 3 rows for 2 entries; build again"),
        (table("resources", B, A), "shows 'B, C' in the row of 'B, C', and its data say 'A, C'"),
        (table("resources", A, ("B, C", "video, 8 min", "Good. 7")), "shows 'video, 8 min' in the row of 'B, C'"),
        (
            table("resources", ("A, C", "video, 9 min", "Bad."), B),
            "shows 'Bad.' in the row of 'A, C', and its data say",
        ),
        (table("resources", ("A, C", "video, 9 min"), B), "shows None in the row of 'A, C', and its data say 'Good.'"),
        (table("errata", ("2026-01-03", *ERRATUM[1:])), "and its data say '2026-01-02'"),
        (table("errata", (*ERRATUM[:3], "check", "1234567")), "shows 'check' in the row of '2026-01-02'"),
        (
            table("claims", CLAIM_ROWS[0], ("big", "facts.disputed &gt; 1", "now", "Because.")),
            "and its data say 'facts.disputed > facts.read'",
        ),
        (table("numbers"), "the table numbers has 0 rows for 7 entries"),
    ],
)
def test_a_table_that_does_not(data, markup, says):
    said = found(shown.tables_are_those_of_the_data, view(markup))
    assert any(message.startswith(INDEX) and says in message for message in said), said


def test_the_table_of_numbers_holds_every_device(data):
    rows = [(each, *shown.values_of(view(""), each)) for each in SITE.ids()]
    assert rows[0] == ("train.steps", "2,592", "7")
    assert found(shown.tables_are_those_of_the_data, view(table("numbers", *rows))) == []
    elsewhere = [("train.steps", "2,593", "7", "not 2,592"), *rows[1:]]
    (message,) = found(shown.tables_are_those_of_the_data, view(table("numbers", *elsewhere)))
    assert "shows '2,593' in the row of 'train.steps', and its data say '2,592'" in message
    without_gpu = [("train.steps", "2,592"), *rows[1:]]
    (message,) = found(shown.tables_are_those_of_the_data, view(table("numbers", *without_gpu)))
    assert "shows None in the row of 'train.steps', and its data say '7'" in message


def picture(text="floor 2,592", title="After 2,592 steps.", caption="After 2,592 steps."):
    return (
        '<figure class="drawn" data-figure="curve"><svg><title>' + title + '</title><g data-number="train.steps">'
        f"<text>{text}</text></g></svg><figcaption>{caption}</figcaption></figure>"
    )


@pytest.mark.parametrize(
    ("markup", "says"),
    [
        (picture(), None),
        (picture(caption='After <span class="number">2,592<span class="provenance">a note</span></span> steps.'), None),
        (picture(caption='After 2,592<sup class="cite">1</sup><b hidden>7</b> steps.'), None),
        (picture("floor 2,593"), "a picture shows 'floor 2,593' for train.steps, which is 2,592"),
        (picture("floor of GPT2: 2,592"), None),
        (picture("92,592"), "a picture shows '92,592' for train.steps, which is 2,592"),
        (picture("2,592 steps, floor 9000"), "for train.steps, which is 2,592; write the number's own text there"),
        (picture("9000: 2,592"), "for train.steps, which is 2,592; write the number's own text there"),
        (
            picture().replace("</svg>", '<g class="axis"><text>2.5M</text><text>-10%</text><text>a</text></g></svg>'),
            None,
        ),
        (
            picture().replace("</svg>", '<g class="axis"><text>9000 hours</text></g></svg>'),
            "an axis of curve says '9000 hours', which is more than a step of a scale",
        ),
        (picture(title="After 1 step."), "the picture curve is described in other words than its caption"),
        (picture().replace("<figure ", '<figure data-device="h100" '), "for train.steps, which is 7"),
    ],
)
def test_a_picture_shows_and_says_the_data(markup, says):
    said = found(shown.figures_are_those_of_the_data, view(markup))
    assert [message.startswith(INDEX) and says in message for message in said] == ([] if says is None else [True])


# --- devices ---


def by_device(*devices, visible="cpu"):
    inner = "".join(f'<b data-device="{each}"{"" if each == visible else " hidden"}>{each}</b>' for each in devices)
    return f'<span class="by-device">{inner}</span>'


@pytest.mark.parametrize(
    ("markup", "is_mixed"),
    [
        (f"<p>{by_device('cpu', 'h100')} {by_device('cpu', 'h100')}</p>", False),
        (f"<p>{by_device('cpu', 'h100')}</p><p>{by_device('cpu')}</p>", False),
        (f"<p>{by_device('cpu', 'h100')} <i>{by_device('cpu')}</i></p>", True),
        (f"<table><tr><td>{by_device('cpu', 'h100')}</td><td>{by_device('cpu')}</td></tr></table>", True),
        (f"<table><td><p>{by_device('cpu', 'h100')}</p></td><td><p>{by_device('cpu')}</p></td></table>", True),
        (f"<p>{by_device('cpu', 'h100', visible='h100')}</p>", True),
        (f"<p>{by_device('cpu', 'h100')} {by_device('cpu', 'h100', visible='h100')}</p>", True),
        (f"<div>{by_device('cpu', 'h100')} {by_device('cpu')}</div>", False),
    ],
)
def test_a_block_shows_one_device(markup, is_mixed):
    said = found(shown.no_block_mixes_devices, view(markup))
    assert len(said) == is_mixed
    assert all(message.startswith(f"{INDEX}one block shows numbers of several devices: [(") for message in said)


@pytest.mark.parametrize("block", sorted(BLOCKS - {"table"}))
def test_every_block_that_the_page_keeps_to_one_device_is_looked_at(block):
    mixed = f"<div><{block}>{by_device('cpu', 'h100')} {by_device('cpu')}</{block}></div>"
    assert len(found(shown.no_block_mixes_devices, view(mixed))) == 1


def test_a_text_without_its_notes_leaves_the_page_as_it_is():
    page = BeautifulSoup("<p>One  <b>two</b>\n<i>three</i></p>", "html.parser")
    before = copy.copy(page)
    assert shown.text_of(page, "b") == "One three"
    assert shown.text_of(page) == "One two three"
    assert str(page) == str(before)
