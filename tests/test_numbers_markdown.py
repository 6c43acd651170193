"""Notation becomes markup, in sentences and on lines of its own; each block of a page is all of one device."""

import xml.etree.ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from markdown import Markdown

from scripts import notation, numbers, numbers_markdown
from scripts.errors import SiteError
from scripts.numbers_markdown import Site, WordCount, keep_blocks_to_one_device, makeExtension
from tests.small import SmallNumbers, claim, contract, fact, record

FACTS = {
    "read": fact(),
    "also": fact(label="Also"),
    "other": fact(source="Another paper"),
    "reading_words_per_minute": fact(value=2, unit="word/minute", source="On reading"),
}
CLAIMS = {
    "many": claim("train.steps > 1"),
    "here": claim("train.steps > 1", devices=("cpu",)),
    "big": claim("facts.read > facts.other"),
}
SUM = contract(
    "derived", "ratio", function="costs.ratio", arguments={"numerator": "facts.read", "denominator": "facts.also"}
)
CONTRACTS = {"train": {"steps": contract(), "loss": contract("approx", "nat/character", rel=0.1), "share": SUM}}


@pytest.fixture
def markdown(tmp_path, monkeypatch):
    """Return a function that converts a text on a site with the CPU's records and those of the devices named."""
    monkeypatch.setattr(notation, "DOCS", tmp_path)
    monkeypatch.setattr(numbers, "line_of", lambda *_: 1)  # these records lie in no file

    def convert(text, *gpus):
        def made():
            site = Site.__new__(Site)
            site.cpu = SmallNumbers(CONTRACTS, facts=FACTS, claims=CLAIMS)
            site.devices = {
                gpu: SmallNumbers(CONTRACTS, [record("train", gpu, values={"steps": 7})], FACTS, CLAIMS, gpu)
                for gpu in gpus
            }
            return site

        monkeypatch.setattr(numbers_markdown, "Site", made)
        (tmp_path / "page.md").write_text(text)
        return BeautifulSoup(Markdown(extensions=["tables", makeExtension()]).convert(text), "html.parser")

    return convert


def test_a_number_in_a_sentence(markdown):
    page = markdown("It took {{ train.steps }} steps.")
    assert page.select_one(".number > data").get_text() == "2,592"
    assert page.p.get_text().startswith("It took 2,592Steps: measured by train.py")


def test_code_shows_the_notation_itself(markdown):
    page = markdown("Write `{{ train.steps }}`.\n\n    {{ train.loss }}\n")
    assert [code.get_text().strip() for code in page.select("code")] == ["{{ train.steps }}", "{{ train.loss }}"]
    assert not page.select(".number")


def test_the_words_of_a_claim(markdown):
    page = markdown("It takes {{ claims.many | many steps }}.")
    assert page.select_one(".number > .claimed").get_text() == "many steps"


def test_the_date_of_a_fact(markdown):
    time = markdown("As of {{ facts.read.as_of }}.").time
    assert (time.get_text(), time["datetime"]) == ("January 2024", "2024-01-15")


@pytest.mark.parametrize("number", ["train.steps.as_of", "reading.minutes.as_of", "claims.many.as_of | many"])
def test_the_date_of_what_is_no_fact(markdown, tmp_path, number):
    with pytest.raises(SiteError, match=rf"{tmp_path}/page\.md:3: [\w.]+: only a fact has a date; remove \.as_of$"):
        markdown(f"Text.\n\nIn {{{{ {number} }}}}.")


def test_the_time_to_read_counts_prose_alone(markdown):
    page = markdown("{{ reading.minutes }} for five words.\n\n```\nnot these words of code\n```\n")
    assert page.select_one("data").get_text() == "2 minutes"
    assert page.select_one(".provenance a")["href"].endswith("#facts.reading_words_per_minute")
    count = WordCount(Markdown())
    assert count.run(["one two", "`three`"]) == ["one two", "`three`"]
    assert count.words == 2


@pytest.mark.parametrize("text", ["{{ train.none }}", "{{ claims.none | none }}", "{{ facts.none }}"])
def test_an_unknown_name_stops_the_page_and_is_placed(markdown, text, tmp_path):
    with pytest.raises(SiteError, match=rf"^{tmp_path}/page\.md:3: no (number|claim|fact) is called"):
        markdown(f"Text.\n\n{text}\n")


# --- blocks ---


def test_a_recorded_output(markdown):
    figure = markdown("Text.\n\n{{ output train }}\n\nMore.").figure
    assert (figure["class"], figure["data-record"]) == (["output"], "train")
    assert figure.pre.get_text() == "loss 0.0849 after 10 s\ndone"
    assert figure.figcaption.get_text() == record().caption
    assert figure.figcaption["class"] == ["provenance-line"]


def test_what_was_printed_is_no_markup(markdown, monkeypatch):
    given = record(stdout=["<b>*no*</b> & {{ train.steps }}"])
    monkeypatch.setattr(SmallNumbers, "record", lambda self, snippet: given)
    assert markdown("{{ output train }}").pre.get_text() == "<b>*no*</b> & {{ train.steps }}"


def test_files_to_copy(markdown):
    page = markdown("{{ companions inference }}")
    links = page.select("ul.companions > li > a")
    names = [link.get_text() for link in links]
    assert names[0] == "inference.py"
    assert "casebook.safetensors" in names
    assert all(link["href"] == f"/snippets/{link['download']}" for link in links)


def test_a_table_by_name(markdown):
    assert len(markdown("{{ table claims }}").select("[data-table=claims] tbody tr")) == len(CLAIMS)


def test_a_figure_with_its_caption(markdown, monkeypatch):
    monkeypatch.setattr(numbers_markdown.figures, "draw", lambda name, on: ("<svg>*</svg>", "After {{ train.steps }}."))
    figure = markdown("{{ figure curve }}").figure
    assert (figure["class"], figure["data-figure"], figure.svg.get_text()) == (["drawn"], "curve", "*")
    assert figure.figcaption.data.get_text() == "2,592"


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("{{ output trian }}", "no record of trian; there are train"),
        ("{{ figure none }}", "no figure is called none"),
        ("{{ companions trian }}", "snippets/trian.py does not exist"),
        ("{{ table facts }}", "no table is called facts"),
    ],
)
def test_a_block_that_asks_for_nothing_is_placed(markdown, tmp_path, block, says):
    with pytest.raises(SiteError, match=rf"^{tmp_path}/page\.md:3: {says}"):
        markdown(f"Text.\n\n{block}\n")


# --- notes and sources ---


def test_each_number_has_a_note_of_its_own_in_the_order_of_the_page(markdown):
    page = markdown("{{ train.steps }}\n\n- {{ train.loss }}\n- {{ claims.many | many }}")
    shown = [tag.get_text() for tag in page.select("[aria-describedby]")]
    assert shown == ["2,592", "0.0849", "many"]
    assert [note["id"] for note in page.select(".provenance")] == [f"note-{serial}" for serial in (1, 2, 3)]
    assert [tag["aria-describedby"] for tag in page.select("[aria-describedby]")] == [f"note-{n}" for n in (1, 2, 3)]


def test_a_page_without_public_figures_lists_no_sources(markdown):
    assert not markdown("{{ train.steps }}").select("#sources, .sources, .cite")


def test_figures_of_one_source_share_its_number(markdown):
    page = markdown("{{ facts.other }} {{ facts.read }} {{ facts.also }} {{ facts.read }}")
    assert [cite.get_text() for cite in page.select(".cite")] == ["1", "2", "2", "2"]
    assert [link["href"] for link in page.select(".cite a")] == ["#source-1", "#source-2", "#source-2", "#source-2"]
    items = page.select("h2#sources + ol.sources > li")
    assert [item["id"] for item in items] == ["source-1", "source-2"]
    assert "Tokens read" in items[0].get_text()
    assert items[1].get_text().count("Tokens read: ") == items[1].get_text().count("Also: ") == 1
    assert "data-facts" not in str(page)


def test_what_stands_on_several_facts_cites_each_source_once_before_its_note(markdown):
    page = markdown("{{ claims.big | bigger }} and {{ train.share }}")
    claimed, share = page.select(".number")
    assert [child.get("class") for child in claimed.find_all(recursive=False)] == [
        ["claimed"],
        ["cite"],
        ["cite"],
        ["provenance"],
    ]
    assert [cite.get_text() for cite in claimed.select(".cite")] == ["1", "2"]
    assert [cite.get_text() for cite in share.select(".cite")] == ["1"], "two facts of one source"


# --- devices ---


def devices_of(wrapper):
    return [made["data-device"] for made in wrapper.find_all(recursive=False)]


def test_one_device_needs_no_switch(markdown):
    assert not markdown("{{ train.steps }}\n\n{{ output train }}").select(".by-device, [data-device], [hidden]")


def test_a_measured_number_is_written_for_each_device_and_shown_for_the_cpu(markdown):
    (wrapper,) = markdown("It took {{ train.steps }} steps.", "h100").select("span.by-device")
    cpu, gpu = wrapper.find_all(recursive=False)
    assert (cpu["data-device"], cpu.data.get_text()) == ("cpu", "2,592")
    assert (gpu["data-device"], gpu.data.get_text()) == ("h100", "7")
    assert "hidden" not in cpu.attrs
    assert {"hidden", "data-search-exclude"} <= set(gpu.attrs)


def test_what_is_the_same_everywhere_is_written_once(markdown):
    page = markdown("{{ facts.read }} {{ train.share }} {{ reading.minutes }} {{ facts.read.as_of }}", "h100")
    assert not page.select(".by-device")
    assert len(page.select(".number")) == 3


def test_a_device_without_the_number_is_left_out(markdown):
    (wrapper,) = markdown("{{ train.loss }}", "h100").select(".by-device")
    assert devices_of(wrapper) == ["cpu"]


def test_a_claim_is_made_only_of_the_devices_it_names(markdown):
    every, here = markdown("{{ claims.many | many }}\n\n{{ claims.here | many }}", "h100").select(".by-device")
    assert (devices_of(every), devices_of(here)) == (["cpu", "h100"], ["cpu"])


def test_a_recorded_output_is_a_block_for_each_device(markdown):
    (wrapper,) = markdown("{{ output train }}", "h100").select("div.by-device")
    assert [child.name for child in wrapper.find_all(recursive=False)] == ["figure", "figure"]


def test_a_paragraph_is_all_of_one_device(markdown):
    page = markdown("{{ train.steps }} to {{ train.loss }}.\n\n{{ train.steps }} steps.", "h100")
    assert [devices_of(wrapper) for wrapper in page.select(".by-device")] == [["cpu"], ["cpu"], ["cpu", "h100"]]


def tree(text):
    return ET.fromstring(f"<div>{text}</div>")


def wrapper(*devices):
    return f'<span class="by-device">{"".join(f"<b data-device={name!r}/>" for name in devices)}</span>'


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"<p>{wrapper('cpu', 'a')} <i>{wrapper('cpu', 'b', 'a')}</i></p>", ["cpu a", "cpu a"]),
        (f"<p>{wrapper('cpu', 'a')}</p><p>{wrapper('cpu')}</p>", ["cpu a", "cpu"]),
        (f"<ul><li>{wrapper('cpu', 'a')}</li><li>{wrapper('cpu')}</li></ul>", ["cpu a", "cpu"]),
        (f"<ul><li>{wrapper('cpu', 'a')}<p>{wrapper('cpu')}</p></li></ul>", ["cpu a", "cpu"]),
        (f"<table><tr><td>{wrapper('cpu', 'a')}</td></tr><tr><td>{wrapper('cpu')}</td></tr></table>", ["cpu", "cpu"]),
        (f"<table><tr><td><p>{wrapper('cpu', 'a')}</p></td><td>{wrapper('cpu')}</td></tr></table>", ["cpu", "cpu"]),
        (f"<table><td>{wrapper('cpu', 'a')}</td></table><table><td>{wrapper('cpu')}</td></table>", ["cpu a", "cpu"]),
        (f"<h2>{wrapper('cpu', 'a')}</h2><p>{wrapper('cpu')}</p>", ["cpu a", "cpu"]),
    ],
)
def test_a_block_keeps_the_devices_that_all_of_it_has(text, kept):
    root = tree(text)
    keep_blocks_to_one_device(root)
    found = [" ".join(made.get("data-device") for made in each) for each in root.iterfind(".//span")]
    assert found == kept


def test_the_real_site_has_the_cpu_first():
    site = Site()
    assert site.cpu.device == "cpu"
    assert "cpu" not in site.devices
    assert all(numbers.contracts is site.cpu.contracts for numbers in site.devices.values())
