"""The finer branches of the checks on built pages, each on a page of a few lines."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup

from scripts.checks import code, pages, wording
from scripts.checks.code import audit, looks_like_python, shown_blocks
from scripts.errors import SiteError
from scripts.paths import DOCS
from scripts.promises import site_config
from scripts.wording import Allowed, Found
from tests.small import SmallView, found

INDEX = "docs/index.md:1: "


# --- blocks of code ---


def soup(markup):
    return {"page": BeautifulSoup(f"<article>{markup}</article>", "html.parser")}


@pytest.mark.parametrize(
    ("markup", "says"),
    [
        ('<div class="language-ipython highlight"><pre><code>x = 1</code></pre></div>', "'ipython' is neither run"),
        ('<div class="language-console highlight"><pre><code>$ ls</code></pre></div>', "'console' is neither run"),
        ('<div class="language-ipython highlight recorded"><pre>x = 1</pre></div>', "'ipython' is neither run"),
        ('<pre><code class="language-python">x = 1</code></pre>', "python block is shown but not run"),
        ("<pre><code>x = 1</code></pre>", "'' is neither run"),
        ("<pre>x = 1</pre>", "'' is neither run"),
        ('<div class="highlight language-py"><pre>x = 1</pre></div>', "python block is shown but not run"),
        ('<div class="language-text highlight"><pre><code>print(1)</code></pre></div>', "under another name"),
        ('<div class="language-bash highlight"><pre><code>true</code></pre></div>', "bash block is shown but not run"),
        ('<div class="language-py highlight"><pre><code>true</code></pre></div>', "python block is shown but not run"),
    ],
)
def test_the_audit_sees_through_disguises(markup, says):
    ((name, message, _),) = audit(shown_blocks(soup(markup)), Counter())
    assert name == "page"
    assert says in message


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="language-text highlight"><pre><code>Watson: Adair has ink on the cuff.</code></pre></div>',
        '<figure data-record="train"><div class="recorded"><pre><code>print(1)</code></pre></div></figure>',
        '<div class="jupyter-wrapper"><div class="highlight"><pre>print(1)</pre></div></div>',
        '<table><td class="linenos"><pre>1</pre></td></table>',
    ],
)
def test_the_audit_leaves_alone_what_is_no_code_of_the_page(markup):
    assert list(audit(shown_blocks(soup(markup)), Counter())) == []


@pytest.mark.parametrize("language", ["toml", "markdown"])
def test_figures_that_are_taken_for_code_stand_where_they_are_taught(language):
    block = [("training/index.html", language, "hours = 9")]
    ((name, message, text),) = audit(block, Counter())
    assert (name, text) == ("training/index.html", "hours = 9")
    assert message.startswith(f"a block of {language} may stand on reference/contributing/index.html only")
    assert list(audit([("reference/contributing/index.html", language, "hours = 9")], Counter())) == []


def test_the_audit_goes_on_after_what_it_leaves_alone():
    markup = '<figure data-record="train"><pre>x</pre></figure><pre><code class="language-python">x = 1</code></pre>'
    assert [text for _, _, text in shown_blocks(soup(markup))] == ["x = 1"]


def test_the_audit_counts_each_block():
    block = ("python", "x = 1")
    seen = [("a", *block), ("b", *block)]
    assert list(audit(seen, Counter([block, block]))) == []
    assert list(audit(seen, Counter([block]))) == [("b", "this python block is shown but not run", "x = 1")]
    ((name, message, _),) = audit(seen[:1], Counter([block, block]))
    assert name == ""
    assert message.startswith("this block is run but shown on no page")
    assert len(list(audit(seen[:1], Counter([("bash", "x = 1")])))) == 2, "the same text in another language"


@pytest.mark.parametrize(
    ("text", "is_python"),
    [
        ("import torch", True),
        ("from a import b", True),
        ("x = 1", True),
        ("def f(): pass", True),
        ("class A: pass", True),
        ("if a:\n    f()", True),
        ("loss", False),
        ("a, b", False),
        ("print(", False),
        ("\0", False),
    ],
)
def test_python_is_known_by_what_it_does(text, is_python):
    assert looks_like_python(text) is is_python


def test_a_block_is_placed_by_its_first_line_and_told_whole():
    block = SimpleNamespace(syntax="python", code="x = 1\n\n", shown_at=SimpleNamespace(path=DOCS / "a.md", line=7))
    text = SimpleNamespace(syntax="text", code="never run")
    markup = '<article><pre><code class="language-python">\n\n  y = 2\nz = 3\n</code></pre></article>'
    view = SmallView({"index.html": markup}, sources=["a"], blocks=lambda page: [block, text])
    assert found(code.blocks_shown_are_run, view) == [
        f"{INDEX}this python block is shown but not run:\n\n\n  y = 2\nz = 3",
        "docs/a.md:7: this block is run but shown on no page; build again, or mend what drops it:\nx = 1",
    ]
    view.place = lambda name, text: f"{name}:{text}: "
    assert found(code.blocks_shown_are_run, view)[0].startswith("index.html:y = 2: this")


# --- figures and quantities ---

NAKED = Found("9", None, "It takes 9 hours.", "It takes 9", is_figure=True)


def test_a_naked_figure_and_an_unbound_quantity_are_told_apart():
    finds = [NAKED, replace(NAKED, text="half", is_figure=False)]
    finds += [replace(each, text="known", kind="number") for each in finds]
    view = SmallView(figures=[("index.html", each) for each in finds])
    (figure,) = found(wording.no_figure_is_naked, view)
    (quantity,) = found(wording.no_quantity_is_unbound, view)
    assert figure.startswith(f"{INDEX}the figure '9' is typed, in 'It takes 9 hours.'. ")
    assert quantity.startswith(f"{INDEX}nothing binds 'half' to a figure, in 'It takes 9 hours.'. ")


def test_an_exception_that_no_page_needs_is_named(monkeypatch):
    allowed = Allowed(words="GPT-2", kind="name", why="A model.")
    monkeypatch.setattr(wording, "load_exceptions", lambda: {"gpt": allowed, "used": allowed})
    view = SmallView(figures=[("index.html", replace(NAKED, kind="exception used"))])
    assert found(wording.every_exception_is_needed, view) == [
        "docs/exceptions.toml:1: no page holds 'GPT-2'; remove gpt"
    ]


# --- whole pages ---


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (f'<meta name="description" content="{"x" * 40}">', None),
        (f'<meta name="description" content="{"x" * 160}">', None),
        (f'<meta name="description" content="{"x" * 39}">', "this has 39 characters: write 40 to 160"),
        (f'<meta name="description" content="{"x" * 161}">', "this has 161 characters"),
        (f'<meta name="viewport" content="{"x" * 50}">', "this has 0 characters"),
        ("", "this has 0 characters"),
        ('<meta name="description" content="{whole}">', "it describes the whole site; its front matter needs"),
    ],
)
def test_a_page_describes_itself_in_a_line(head, says):
    head = head.format(whole=site_config()["site_description"]) if "{whole}" in head else head
    said = found(pages.every_page_describes_itself, SmallView({"index.html": f"<head>{head}</head><p>Text.</p>"}))
    assert [says in each and each.startswith(INDEX) for each in said] == ([True] if says else [])


def test_two_pages_do_not_describe_themselves_alike():
    same = f'<head><meta name="description" content="{"x" * 50}"></head>'
    (message,) = found(
        pages.every_page_describes_itself, SmallView({"index.html": same, "404.html": "", "a/index.html": same})
    )
    assert "it describes index.html; its front matter needs a description of its own" in message


CLIENTS = "costs/client-questions/index.html"


def asked(questions=4, say="So. And so.", figure='<span class="number">9</span>', long="word " * 100, box=True):
    """Return a page of questions as it should be, or not quite."""
    answer = (
        f"<dl><dt>Say:</dt><dd>{say}</dd><dt>The figure:</dt><dd>{figure}</dd><dt>Do not say:</dt><dd>No.</dd></dl>"
    )
    more = f"<details><summary>In short</summary><p>{long}</p></details>" if box else ""
    every = "".join(f"<h2>Why {number}?</h2>{answer}{more}" for number in range(questions))
    return f"<article>{every}<h2>Sources</h2></article>"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, None),
        ({"say": 'It was $3.1 million in 2.5 hours. "So!" (And <b>so</b> on.)'}, "has 3 sentences to say"),
        ({"say": "It was $3.1 million. So it was."}, None),
        ({"say": "One only."}, "has 1 sentences to say; the page promises 2: join or cut them"),
        ({"say": 'So<span class="provenance">A. B. C.</span> it is. And so.'}, None),
        ({"figure": "many"}, "has no figure behind it; name a number"),
        ({"box": False}, "needs Say:, The figure:, Do not say: and a box to open"),
        ({"long": "word " * 239}, None),
        ({"long": "word " * 240}, "has a long answer of 240 words; said slowly, fewer than 240 take under 2 minutes"),
        ({"long": ""}, "has a long answer of 0 words"),
    ],
)
def test_a_client_s_answer_is_whole(given, says):
    said = found(pages.client_answers_are_whole, SmallView({CLIENTS: asked(**given)}))
    assert [says in each for each in said] == ([True] * 4 if says else [])


@pytest.mark.parametrize("questions", [0, 3, 5])
def test_the_questions_are_as_many_as_the_page_says(questions):
    (message,) = found(pages.client_answers_are_whole, SmallView({CLIENTS: asked(questions)}))
    assert f"it asks {questions} questions, and says that they are 4" in message


def test_a_page_of_questions_that_is_gone_is_missed():
    (message,) = found(pages.client_answers_are_whole, SmallView({}))
    assert message.endswith("client-questions.md:1: this page is missing")


def concept(headings=pages.BONES, claim=True, quote=True, questions=3):
    parts = [f'<h2 id="{each.lower().replace(" ", "-")}">{each}<a>¶</a></h2>' for each in headings]
    if "Check yourself" in headings:
        parts.insert(headings.index("Check yourself") + 1, "<details></details>" * questions)
    parts += ['<p class="claim">x</p>'] * claim + ['<div class="admonition quote">x</div>'] * quote
    return f'<article><details></details><p class="quote">x</p>{"".join(parts)}</article>'


def bones(page):
    return found(pages.concept_pages_have_their_bones, SmallView({"training-vs-inference/training/index.html": page}))


@pytest.mark.parametrize(
    "page", [concept(), concept([*pages.BONES, "Sources"]), concept(questions=2), concept(questions=4)]
)
def test_a_page_with_all_its_bones(page):
    assert bones(page) == []


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (concept(pages.BONES[::-1]), "its parts are Copy this, Check yourself"),
        (concept([*pages.BONES, "More"]), "Copy this, More; they should be Predict"),
        (concept(claim=False), "it lacks its claim"),
        (concept(quote=False), "it lacks a line to say to a client"),
        (concept(questions=1), "it asks 1 questions under Check yourself"),
        (concept(questions=5), "it asks 5 questions under Check yourself"),
    ],
)
def test_a_page_that_lacks_a_bone(page, says):
    (message,) = bones(page)
    assert message.startswith("docs/training-vs-inference/training.md:1: ")
    assert says in message


def test_a_page_without_its_questions_says_both():
    said = bones(concept(pages.BONES[:4] + pages.BONES[5:]))
    assert ["its parts are" in said[0], "it asks 0 questions" in said[1]] == [True, True]


def test_the_bones_are_those_that_authors_are_told_of():
    told = (DOCS / "reference" / "contributing.md").read_text().split("have the same bones")[1].split(".")[0]
    positions = [told.index(bone.lower()) for bone in pages.BONES]
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", ["index.html", "training-vs-inference/index.html", "reference/model/index.html"])
def test_other_pages_have_other_bones(name):
    assert found(pages.concept_pages_have_their_bones, SmallView({name: "<article></article>"})) == []


@pytest.mark.parametrize(
    ("markup", "is_loaded"),
    [
        ('<script src="https://example.org/a.js"></script>', True),
        ('<script src="//example.org/a.js"></script>', True),
        ('<img src="http://example.org/a.png">', True),
        ('<iframe src="https://example.org/"></iframe>', True),
        ('<video src="https://example.org/a"></video>', True),
        ('<audio src="https://example.org/a"></audio>', True),
        ('<picture><source src="https://example.org/a"></picture>', True),
        ('<link rel="stylesheet" href="https://example.org/a.css">', True),
        ('<link rel="preload" href="https://example.org/a.css">', True),
        ('<link rel="modulepreload" href="https://example.org/a.js">', True),
        ('<link rel="shortcut icon" href="https://example.org/a.css">', True),
        ('<link rel="canonical" href="https://example.org/">', False),
        ('<a href="https://example.org/">x</a>', False),
        ('<img src="assets/a.png"><script>inline()</script><link href="a.css" rel="stylesheet">', False),
        ('<img src="data:image/png;base64,//example">', False),
    ],
)
def test_what_is_loaded_from_elsewhere(markup, is_loaded):
    said = found(pages.nothing_is_loaded_from_elsewhere, SmallView({"index.html": markup}))
    assert len(said) == is_loaded
    assert all(message.startswith(f"{INDEX}index.html loads ") for message in said)
    assert all(message.endswith("; keep a copy of it in docs/assets/") for message in said)


def test_everything_that_is_loaded_from_elsewhere_is_named():
    head = '<link rel="canonical" href="https://a.org/"><script src="https://a.org/a.js"></script><img src="a.png">'
    said = found(pages.nothing_is_loaded_from_elsewhere, SmallView({"index.html": f'{head}<img src="//a.org/b.png">'}))
    assert ["https://a.org/a.js" in said[0], "//a.org/b.png" in said[1]] == [True, True]
    assert len(said) == 2


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("a/", None),
        ("a/index.html", None),
        ("/a/", None),
        (".", None),
        ("", None),
        ("#here", None),
        ("a/#there", None),
        ("a/#caf%C3%A9", None),
        ("a/#there:~:text=some%20words", None),
        ("a%20file.txt", None),
        ("a%20file.txt#page=2", None),
        ("https://example.org/nowhere#x", None),
        ("mailto:a@example.org", None),
        ("a", "leads nowhere"),
        ("b/", "leads nowhere"),
        ("a/no.html", "leads nowhere"),
        ("#there", "leads to a place that index.html lacks"),
        ("a/#here", "leads to a place that a/index.html lacks"),
    ],
)
@pytest.mark.parametrize("markup", ['<a id="here" href="{}">Words</a>', '<img id="here" src="{}">'])
def test_where_a_link_leads(tmp_path, markup, address, says):
    (tmp_path / "a").mkdir()
    for name in ("index.html", "a/index.html", "a file.txt"):
        (tmp_path / name).write_text("")
    files = {"index.html": markup.format(address), "a/index.html": '<p id="there"></p><p id="café"></p>'}
    said = found(pages.links_lead_somewhere, SmallView(files, built=tmp_path))
    assert said == ([] if says is None else [f"{INDEX}the link to {address} {says}"])


def test_every_link_is_followed(tmp_path):
    links = "".join(f'<a href="{address}"></a>' for address in ("https://example.org/", "b/", "c/"))
    said = found(pages.links_lead_somewhere, SmallView({"index.html": links}, built=tmp_path))
    assert said == [f"{INDEX}the link to {address} leads nowhere" for address in ("b/", "c/")]


def test_the_page_for_missing_pages_links_from_the_root_of_the_site_to_be(tmp_path):
    """Its links start with the path that the site will have, which this build does not know."""
    links = '<a href="/elsewhere/">x</a><a href="nowhere/">y</a>'
    (message,) = found(pages.links_lead_somewhere, SmallView({"404.html": links}, built=tmp_path))
    assert "the link to nowhere/ leads nowhere" in message


@pytest.mark.parametrize(
    "given",
    [{}, {"training-vs-inference/index.html": "<table></table>"}, {"index.html": "<div data-table='resources'></div>"}],
)
def test_a_card_without_its_resources(given):
    (message,) = found(pages.the_card_has_its_resources, SmallView(given))
    assert message.startswith("docs/training-vs-inference/index.md:1: it lacks its resources")


def test_a_card_with_its_resources():
    card = {"training-vs-inference/index.html": "<div data-table='resources'></div>"}
    assert found(pages.the_card_has_its_resources, SmallView(card)) == []
    assert (DOCS / "training-vs-inference" / "index.md").exists()


def test_a_site_that_cannot_be_built_stops_its_check():
    class Broken(SmallView):
        @property
        def built(self):
            raise SiteError("docs/a.md:1: no")

    with pytest.raises(SiteError):
        found(pages.the_site_builds, Broken())
