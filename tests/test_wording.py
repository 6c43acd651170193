"""Figures and words of quantity are found wherever a reader meets them, each of the kind that its place gives it."""

import pytest
from bs4 import BeautifulSoup
from pydantic import ValidationError

from scripts.wording import KINDS, Allowed, figures_and_quantities, load_exceptions, sentence_of

GPT = {"gpt": Allowed(words="GPT-2 of 2019", kind="name", why="A model.")}


def all_in(text, exceptions=None):
    return list(figures_and_quantities(BeautifulSoup(text, "html.parser"), exceptions or {}))


def only(text, exceptions=None):
    (found,) = all_in(text, exceptions)
    return found


@pytest.mark.parametrize(
    ("prose", "figures"),
    [
        ("It takes 30,000 hours.", ["30,000"]),
        ("From 7.5 to 10-12 on 2026-01-02 at 10:30, a ratio of 3/4.", ["7.5", "10-12", "2026-01-02", "10:30", "3/4"]),
        ("In 2019. Then 5, or 6!", ["2019", "5", "6"]),
        ("A 4x speed-up by GPT-2 on an H100.", ["4", "2", "100"]),
        ("No figure; none.", []),
    ],
)
def test_a_figure_is_read_whole(prose, figures):
    assert [found.text for found in all_in(f"<p>{prose}</p>") if found.is_figure] == figures


@pytest.mark.parametrize(
    "words",
    [
        *("two", "Twelve", "hundreds", "half", "halves", "thirds", "tenth", "twice", "doubled", "percent", "fewer"),
        *("majority", "hardly", "negligible", "threefold", "per cent", "orders of magnitude", "many times"),
        *(
            "far more",
            "a little less",
            "much faster",
            "a lot lower",
            "slightly higher",
            "most of",
            "a fraction of",
            "the bulk of",
            "a pair of",
            "practically all",
            "order-of-magnitude",
            "tens",
            "billionth",
            "sixteenth",
            "trebled",
            "multiple times",
        ),
    ],
)
def test_a_word_of_quantity_is_found(words):
    found = all_in(f"<p>So {words} it is.</p>")
    assert words in [each.text for each in found]
    assert not any(each.is_figure for each in found)


@pytest.mark.parametrize("prose", ["The network weighs often.", "It is more.", "One of them, once.", "a halfling"])
def test_other_words_are_not(prose):
    assert all_in(f"<p>{prose}</p>") == []


def output(inside):
    return f'<figure class="output" data-record="train">{inside}</figure>'


def drawn(inside):
    return f'<figure class="drawn" data-figure="loss"><svg>{inside}</svg></figure>'


def notebook(inside):
    return f'<div class="jupyter-wrapper"><div class="jp-CodeCell">{inside}</div></div>'


IN_PLACE = [
    ('<span class="number"><data>9</data></span>', "number"),
    ('<span class="number"><span class="provenance">of 9 steps</span></span>', "provenance of a number"),
    ('<span class="number"><sup class="cite"><a>9</a></sup></span>', "reference to a source"),
    ('<span class="number"><span class="claimed">9 times</span></span>', "claim"),
    ('<article><ol class="sources"><li>A paper of 9 pages</li></ol></article>', "source"),
    ('<div class="other table-scroll claims" data-table="claims"><td>9</td></div>', "table of claims"),
    (drawn('<g data-number="a.b"><text>9</text></g>'), "number"),
    (drawn('<g class="axis"><text>9</text></g>'), "axis of a figure"),
    ('<cost-calculator><svg><g class="axis"><text>9</text></g></svg></cost-calculator>', "axis of a figure"),
    ('<cost-calculator><data class="calculated">9</data></cost-calculator>', "calculator"),
    ("<code>a[9]</code>", "code"),
    ("<pre>9</pre>", "code"),
    ("<time>May 2026</time>", "date"),
    ('<div class="claims" data-table="claims"><code>9</code></div>', "table of claims"),
    ('<div class="claims" data-table="claims"><code>a.b > 9</code></div>', "code"),
    (output('<figcaption class="provenance-line">on 9 threads</figcaption>'), "provenance of an output"),
    (output('<div class="recorded">9</div>'), "recorded output"),
    ('<table data-table="resources"><td class="minutes">9 min</td></table>', "minutes of a resource"),
    ('<div class="numbers-table" data-table="numbers"><td>9</td></div>', "table of numbers"),
    ('<div class="table-scroll errata" data-table="errata"><td>9</td></div>', "table of errata"),
    (drawn('<title class="in-words">9 steps</title>'), "figure in words"),
    (notebook("<p>9</p>"), "code"),
    (notebook('<div class="jp-InputArea"><div class="jp-InputPrompt">In [9]</div></div>'), "prompt of a notebook"),
    (notebook('<div class="jp-OutputPrompt">Out[9]</div>'), "prompt of a notebook"),
    (notebook('<div class="jp-OutputArea"><p><b>9</b></p></div>'), "output of a notebook"),
    ('<div class="highlight"><span class="filename">9.py</span></div>', "code"),
]


@pytest.mark.parametrize(("markup", "kind"), IN_PLACE)
def test_what_stands_in_its_place_has_its_kind(markup, kind):
    assert only(markup).kind == kind


@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("data", "data-number", "time")])
def test_a_class_alone_proves_nothing(name):
    """Whoever writes a page can give a class to a box or a word, and could call any figure a checked one."""
    assert only(f'<article><p>It took <em class="{name}">9 hours</em>.</p></article>').kind is None
    assert only(f'<article><div class="{name}"><p>It took 9 hours.</p></div></article>').kind is None


@pytest.mark.parametrize("markup", ["<data>9</data>", '<b data-number="a.b">9</b>', "<kbd>9</kbd>", "<samp>9</samp>"])
def test_a_tag_or_an_attribute_alone_proves_nothing(markup):
    assert only(f"<p>It took {markup} hours.</p>").kind is None


def test_only_what_lies_inside_has_the_kind():
    kinds = [found.kind for found in all_in("<p>1 <time>2</time> 3 <b><time><i>4</i></time>5</b></p>")]
    assert kinds == [None, "date", None, "date", None]


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        ('<img alt="up to 99">', ["99"]),
        ('<a title="in 99 days">x</a>', ["99"]),
        ('<button aria-label="99 of them">x</button>', ["99"]),
        ('<input placeholder="99">', ["99"]),
        ('<img src="99.png" width="99" data-id="99">', []),
        ('<meta name="description" content="In 99 pages">', ["99"]),
        ('<meta name="viewport" content="initial-scale=1">', []),
        ('<code title="99">x</code>', ["99"]),
        ("<script>99</script><style>99</style><template>99</template>", []),
        ('<template><img alt="99"></template><style title="99"></style><script title="99"></script>', []),
        ("<!doctype html><!-- 99 --><p>x</p>", []),
        ("<title>99 pages</title>", ["99"]),
    ],
)
def test_what_a_reader_hears_counts_and_what_none_does_not(markup, texts):
    assert [found.text for found in all_in(markup)] == texts


def test_an_attribute_is_of_its_tag_s_kind():
    assert only(drawn('<g class="axis" title="99">x</g>')).kind == "axis of a figure"


def test_words_are_free_where_data_wrote_them():
    assert all_in('<div class="claims" data-table="claims">Half of it.</div>') == []


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<p><code>30</code> hours</p>", None),
        ("<p><code>It took 30 hours</code></p>", None),
        ("<p><code>steps = 30</code></p>", "code"),
        ("<p><code>train_30</code></p>", "code"),
        ("<p><code>x[30]</code></p>", "code"),
        ("<p><code>costs.hours(30)</code></p>", "code"),
        ("<p><code>(30)</code> hours</p>", None),
        ("<p><code>30/h</code></p>", None),
        ("<p><code>=30</code></p>", None),
        ("<p><ruby>x<rt>30</rt></ruby></p>", None),
        ("<p>\U0001f103 of it</p>", None),
        ("<p>3\u200b0 hours</p>", None),
        ('<div class="language-python highlight"><pre><code>30</code></pre></div>', "code"),
        ('<div class="language-text highlight"><pre><code>30 hours</code></pre></div>', None),
        ("<p>\u00bd of it</p>", None),
        ("<p>x\u00b2 of it</p>", None),
        ("<p>\u2163 of it</p>", None),
    ],
)
def test_a_figure_in_disguise_is_naked(markup, kind):
    assert [found.kind for found in all_in(markup)] == [kind]


@pytest.mark.parametrize(
    "markup",
    [
        "far <b>more</b>",
        "far&nbsp;more",
        "th<b>ree</b> hours",
        "th&shy;ree hours",
        "th\u200bree hours",
        "tw\u2060ice",
        "way heavier",
        "a good deal",
    ],
)
def test_a_quantity_in_parts_is_found_whole(markup):
    assert [found.kind for found in all_in(f"<p>{markup}</p>")] == [None]


def test_a_number_parts_the_words_around_it():
    assert all_in('<p>far <span class="number">9</span> more</p>')[0].is_figure
    assert len(all_in('<p>far <span class="number">9</span> more</p>')) == 1


def test_words_are_allowed_on_their_page_only():
    with pytest.raises(ValidationError, match="allowed on one page only"):
        Allowed(words="two", kind="quantity", why="A pair.")


@pytest.mark.parametrize(
    ("prose", "kinds"),
    [
        ("Compare GPT-2 of 2019.", ["exception gpt", "exception gpt"]),
        ("Compare GPT-2 of\n  2019.", ["exception gpt", "exception gpt"]),
        ("Compare GPT-2 of 2020.", [None, None]),
        ("Compare GPT-2 of 20199.", [None, None]),
        ("Compare xGPT-2 of 2019.", [None, None]),
        ("In 2019, GPT-2 of 2019.", [None, "exception gpt", "exception gpt"]),
        ("GPT-2 of 2019 and GPT-2 of 2019", ["exception gpt"] * 4),
    ],
)
def test_an_exception_covers_its_own_words_and_nothing_else(prose, kinds):
    assert [found.kind for found in all_in(f"<p>{prose}</p>", GPT)] == kinds


def test_what_follows_a_figure_does_not_lead_to_it():
    assert only("<p>It <b>takes</b> 7 <i>whole</i> hours</p>").before == "It takes 7"


def test_an_exception_may_begin_and_end_with_a_figure():
    span = {"span": Allowed(words="7 to 9", kind="meaning", why="What a digit is.", page="a.html")}
    kinds = [found.kind for found in all_in("<p>From 7 to 9, or 7.</p>", span)]
    assert kinds == ["exception span", "exception span", None]


def test_an_exception_covers_a_word_of_quantity():
    either = Allowed(words="the two of them", kind="quantity", why="A pair.", page="a.html")
    assert only("<p>So the two of them met.</p>", {"gpt": GPT["gpt"], "either": either}).kind == "exception either"


def test_the_naked_are_shown_in_their_sentence_and_led_to():
    page = "<p>It runs. It takes <b>about</b> 7 hours\n in all. So it goes.</p><p>Other.</p>"
    found = only(page)
    assert found.sentence == "It takes about 7 hours in all."
    assert found.before == "It runs. It takes about 7"


BLOCKS = ("p", "li", "td", "th", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "summary", "title")


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_what_a_reader_takes_for_one(block):
    found = only(f"<div>Not <{block}>It takes <b>about</b> 7.</{block}></div>")
    assert (found.sentence, found.before) == ("It takes about 7.", "It takes about 7")


def test_the_notes_of_numbers_are_no_part_of_the_sentence():
    note = (
        '<span class="number"><data>Nine</data><span class="provenance">a note.</span><sup class="cite">x</sup></span>'
    )
    found = only(f"<table><tr><td>{note} of 7 are.</td><td>Other</td></tr></table>")
    assert (found.sentence, found.before) == ("Nine of 7 are.", "Nine of 7")


def test_a_figure_outside_any_block_shows_what_stands_around_it():
    found = only("<div>About <b>7 of</b> them</div>")
    assert (found.sentence, found.before) == ("7 of", "7")


@pytest.mark.parametrize(
    "markup", ['<p>Text. <img alt="A rise. Up to 99"></p>', '<p><a title="A rise. Up to 99">Text.</a></p>']
)
def test_a_figure_in_an_attribute_shows_the_attribute(markup):
    found = only(markup)
    assert "Up to 99" in found.sentence
    assert found.before == "A rise. Up to 99"


def test_the_nearest_of_several_sentences_is_shown():
    block = "One has two. Another has two, too. It has none."
    assert sentence_of(block, "two", "Another has") == "Another has two, too."
    assert sentence_of(block, "two", "no such words") == "One has two."
    assert sentence_of(block, "seven", " no   such ") == "no such"
    assert sentence_of("Is it? Two! Why: two.", "two", "two.") == "two."


def test_exceptions_are_read_by_name(tmp_path):
    path = tmp_path / "exceptions.toml"
    path.write_text('[gpt]\nwords = "GPT-2 of 2019"\nkind = "name"\nwhy = "A model."\n')
    assert load_exceptions(path) == GPT
