"""The way out: what a built page must hold, and that nothing missing goes unnoticed. None of this needs Zensical."""

import html
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError

import pytest
from bs4 import BeautifulSoup

from scripts import way_out
from scripts.errors import SiteError
from scripts.figures import draw
from scripts.numbers import Numbers
from scripts.paths import DOCS, ROOT, SNIPPETS, shown
from scripts.promises import broken, promises

NUMBERS = Numbers()
SOURCE = """# A page

It took {{ train.steps }} steps of {{ train.batch_size }} cases; `{{ train.tokens }}` is notation.
{{ claims.smaller_cache | A smaller cache }}, as of {{ facts.llama_405b_flops.as_of }}.

!!! note

    ```python title="costs.py"
    --8<-- "costs.py"
    ```

{{ output train }}

{{ figure loss-curve }}

{{ companions train }}

| `Job` | Training |
|---|---|
| Steps | {{ train.steps }} |
| Gradients | kept |
"""
STEPS, BATCH = NUMBERS.get("train.steps").text, NUMBERS.get("train.batch_size").text
CODE = (SNIPPETS / "costs.py").read_text().rstrip("\n")
PRINTED = NUMBERS.record("train").stdout
DATE = NUMBERS.facts["llama_405b_flops"].when
BUILT = f"""<article>
<p>It took {{steps}} steps of {{batch}} cases; <code>{{{{ train.tokens }}}}</code> is notation.
<span class="number"><span class="claimed">A smaller cache</span></span>, as of <time>{DATE}</time>.</p>
<div class="language-python highlight"><pre><span></span><code>{html.escape(CODE)}
</code></pre></div>
<figure><pre><code>{html.escape(chr(10).join(PRINTED))}</code></pre></figure>
<figure>{draw("loss-curve", NUMBERS)[0]}</figure>
<ul><li><a href="/train.py">train.py</a></li><li><a href="/casebook.py">casebook.py</a></li>
<li><a href="/tiny_gpt.py">tiny_gpt.py</a></li></ul>
<table><thead><tr><th><code>Job</code></th><th>Training</th></tr></thead>
<tbody><tr><td>Steps</td><td>{{steps}}</td></tr>
<tr><td>Gradients</td><td>kept</td></tr></tbody></table>
</article>"""
NUMBER = '<span class="number"><data value="0">{}</data><span class="provenance">measured</span></span>'
BUILT = BUILT.replace("{steps}", NUMBER.format(STEPS)).replace("{batch}", NUMBER.format(BATCH))
LAST_CODE, LAST_PRINTED = CODE.splitlines()[-1], PRINTED[-1]


def messages(source, built, tmp_path):
    """Return what is wrong with a built page, without the page's name."""
    page = tmp_path / "page.md"
    page.write_text(source, encoding="utf-8")
    article = BeautifulSoup(built, "html.parser")
    return [f"{promise.line}: {promise.name} {why}" for promise, why in broken(promises(page, NUMBERS), article)]


def test_a_whole_page_is_whole(tmp_path):
    assert messages(SOURCE, BUILT, tmp_path) == []


def without(start, end):
    """Return the built page without all from one text to another."""
    first = BUILT.index(start)
    return BUILT[:first] + BUILT[BUILT.index(end, first) + len(end) :]


@pytest.mark.parametrize(
    ("built", "says"),
    [
        (
            BUILT.replace(NUMBER.format(BATCH), ""),
            f"3: {{{{ train.batch_size }}}} should read '{BATCH}', but it is missing",
        ),
        (
            BUILT.replace(f">{BATCH}<", ">1,234,567<"),
            f"3: {{{{ train.batch_size }}}} should read '{BATCH}', but it reads '1,234,567'",
        ),
        (
            BUILT.replace(NUMBER.format(BATCH), f"<div hidden>{NUMBER.format(BATCH)}</div>"),
            f"3: {{{{ train.batch_size }}}} should read '{BATCH}', but it is missing",
        ),
        (
            BUILT.replace(NUMBER.format(BATCH), BATCH),  # a typed number is not one of the site's
            f"3: {{{{ train.batch_size }}}} should read '{BATCH}', but it is missing",
        ),
        (
            BUILT.replace("A smaller cache", "A large cache"),
            "4: {{ claims.smaller_cache | A smaller cache }} is missing",
        ),
        (without("<time>", "</time>"), "4: {{ facts.llama_405b_flops.as_of }} is missing"),
        (
            BUILT.replace(html.escape(LAST_CODE) + "\n", ""),
            f"8: this block is not whole: its line {len(CODE.splitlines())} should be {LAST_CODE!r}",
        ),
        (
            BUILT.replace(html.escape(LAST_CODE) + "\n", html.escape(LAST_CODE) + "\nmore()\n"),
            f"8: this block is not whole: its line {len(CODE.splitlines()) + 1} should be '(its end)'",
        ),
        (without('<div class="language-python', "</div>"), "8: this block is missing"),
        (
            BUILT.replace(html.escape(LAST_PRINTED), ""),
            f"12: {{{{ output train }}}} is not whole: its line {len(PRINTED)} should be {LAST_PRINTED!r}",
        ),
        (without("<figure><pre>", "</pre></figure>"), "12: {{ output train }} is missing"),
        (without("<svg", "</svg>"), "14: {{ figure loss-curve }} is missing"),
        (BUILT.replace("Training loss", "Another loss"), "14: {{ figure loss-curve }} is missing"),
        (without('<li><a href="/tiny', "</li>"), "16: tiny_gpt.py of {{ companions train }} is missing"),
        (
            without("<tr><td>Gradients", "</tr>"),
            "18: the table 'Job | Training' should have 2 rows, but it has 1",
        ),
        (BUILT.replace("Training</th>", "Inference</th>"), "18: the table 'Job | Training' is missing"),
    ],
)
def test_what_is_missing_is_named(built, says, tmp_path):
    assert built != BUILT, "nothing was spoiled"
    assert messages(SOURCE, built, tmp_path) == [says]


def test_the_table_of_numbers(tmp_path):
    rows = [f"<tr><td>{i}</td><td>{NUMBERS.get(i).brief}</td></tr>" for i in NUMBERS.ids()]
    assert messages("{{ table numbers }}", f"<table><tbody>{''.join(rows)}</tbody></table>", tmp_path) == []
    gone = "".join(rows).replace("<td>train.steps<", "<td>train.stairs<").replace(f">{BATCH}<", ">?<", 1)
    assert messages("{{ table numbers }}", f"<table><tbody>{gone}</tbody></table>", tmp_path) == [
        "1: train.steps has no row in the table of numbers",
        f"1: train.batch_size should read '{BATCH}' in the table of numbers",
    ]
    assert messages("{{ table numbers }}", "", tmp_path)[0] == "1: {{ table numbers }} is missing"


def test_a_block_that_nobody_looks_for_is_no_silence(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n{{ poem ode }}\n")
    with pytest.raises(SiteError, match=r"page\.md:3: nothing looks for a poem on built pages"):
        promises(page, NUMBERS)


def test_the_site_as_mkdocs_builds_it_keeps_every_promise(site):
    """Guard against false alarms: what is called lost or missing elsewhere must be there with MkDocs."""
    holds, lacks = way_out.compare(site, NUMBERS)
    assert len(holds) == len(way_out.public_pages()) > 5
    assert not lacks, "\n".join(lacks)
    lost = [*way_out.idle_assets(site), *way_out.lost_links(site)]
    assert [each for each in lost if "/devices." not in each] == []  # the switch waits for a second device


@pytest.mark.parametrize("page", way_out.public_pages(), ids=shown)
def test_an_empty_page_breaks_every_promise(page):
    promised = promises(page, NUMBERS)
    assert len(broken(promised, BeautifulSoup("<article></article>", "html.parser"))) == len(promised)


def test_each_number_of_the_card_is_missed(site):
    card = DOCS / "training-vs-inference" / "index.md"
    promised = promises(card, NUMBERS)
    for index in range(sum(promise.kind == "number" for promise in promised)):
        article = way_out.article(way_out.built(site, card))
        article.select(".number data:not([hidden] *)")[index].decompose()
        assert broken(promised, article), f"number {index} can go without a word"


def test_a_page_that_was_not_built(tmp_path):
    holds, lacks = way_out.compare(tmp_path, NUMBERS)
    assert not holds
    assert "docs/index.md:1: no page was built from it; index.html is expected" in lacks


def test_what_is_lost_is_seen(tmp_path):
    (tmp_path / "page").mkdir()
    (tmp_path / "file.py").touch()
    links = '<a href="/file.py">1</a><a href="/no.md#x">2</a><a href="no/">3</a><a href="../file.py">4</a>'
    (tmp_path / "page" / "index.html").write_text(
        f'<link href="../assets/site.css"><article>{links}<a href="#x">5</a><a href="//example.org/no">6</a></article>'
    )
    assert list(way_out.lost_links(tmp_path)) == [
        "links to /no.md lead nowhere: 1",
        "links to no/ lead nowhere: 1",
        "links into / work only where the site is at the root of its domain: 1",
    ]
    idle = list(way_out.idle_assets(tmp_path))
    assert "docs/assets/javascripts/theme.js is loaded by no page" in idle
    assert not [line for line in idle if "site.css" in line]
    assert any(
        line.startswith("docs/notebooks/train-and-infer.py has no page") for line in way_out.lost_pages(tmp_path)
    )


@pytest.mark.parametrize("status", [0, 1])
def test_faults_that_pass_are_lost_strictness(status, monkeypatch):
    trees = []

    def build(folder):
        trees.append(
            {name: (folder / name).read_text() for name, _ in way_out.FAULTS.values() if (folder / name).exists()}
        )
        return subprocess.CompletedProcess([], status)

    monkeypatch.setattr(way_out, "zensical", build)
    found = list(way_out.silent_faults())
    assert len(found) == (0 if status else len(way_out.FAULTS))
    for (name, text), tree in zip(way_out.FAULTS.values(), trees, strict=True):
        assert tree[name].endswith(text)
        assert sum(tree.get(each, "").endswith(added) for each, added in way_out.FAULTS.values()) == 1


def test_a_failed_build_speaks_without_a_traceback():
    stderr = (
        "\x1b[33mWarning:\x1b[0m page does not exist\n    ╭─[ index.md:57:5 ]\n1 issue found\n"
        'Traceback (most recent call last):\n  File "main.py", line 81, in build\n    build()\n'
        "RuntimeError: Python error: SiteError: docs/index.md:9: no number is called train.setps\n"
        'Traceback (most recent call last):\n  File "render.py", line 102, in render\n'
    )
    assert way_out.said(subprocess.CompletedProcess([], 1, "Build started\n", stderr)).splitlines() == [
        "Build started",
        "Warning: page does not exist",
        "    ╭─[ index.md:57:5 ]",
        "1 issue found",
        "RuntimeError: Python error: SiteError: docs/index.md:9: no number is called train.setps",
    ]


def run_main(monkeypatch, *arguments):
    """Run the command, and return what it stops with."""
    monkeypatch.setattr(sys, "argv", ["way_out", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        way_out.main()
    return stop.value.code


def test_zensical_is_not_installed(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(way_out, "version", missing)
    assert run_main(monkeypatch).endswith("Run: make way-out")


def test_a_folder_that_is_taken(monkeypatch, tmp_path):
    monkeypatch.setattr(way_out, "version", lambda name: "0")
    assert run_main(monkeypatch, tmp_path) == f"{tmp_path} exists already. Name a folder that does not."


@pytest.mark.parametrize("status", [0, 1])
def test_a_failure_is_an_exit_status_with_a_message(monkeypatch, tmp_path, status):
    """Status 0: the build says that all is well, and wrote no page."""
    monkeypatch.setattr(way_out, "version", lambda name: "0")
    monkeypatch.setattr(way_out, "zensical", lambda folder: subprocess.CompletedProcess([], status, "", "it broke"))
    stopped = run_main(monkeypatch, tmp_path / "new")
    assert ("docs/index.md:1: no page was built" if status == 0 else "it broke") in stopped


def test_the_way_out_is_pinned_as_the_site_is():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    for requirement in groups["way-out"]:
        assert "==" in requirement, f"pyproject.toml: {requirement} is not pinned"
        if not requirement.startswith("zensical"):
            pins = project["project"]["dependencies"] + groups["test"]
            assert requirement in pins, f"pyproject.toml: way-out has {requirement}, and the site has another version"
