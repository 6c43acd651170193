"""What programs read: a twin of each page in Markdown, and the list of them."""

import re

from scripts.pages import load_pages
from scripts.policy import policy
from scripts.twins import TWIN, twin


def markdown(html: str) -> str:
    return twin(f"<article>{html}</article>")


def test_a_block_of_code_keeps_its_language_and_its_title():
    code = '<div class="language-python highlight"><span class="filename">train.py</span><pre><span></span><code>x = 1\n</code></pre></div>'
    assert markdown(code) == "train.py\n\n```python\nx = 1\n```\n"


def test_a_number_stands_without_its_note_and_a_figure_says_what_it_shows():
    number = (
        '<p>It took <span class="number"><data>320</data><span class="provenance">measured</span></span> steps.</p>'
    )
    assert markdown(number) == "It took 320 steps.\n"
    assert (
        markdown('<figure><svg aria-label="Loss over steps"><path/></svg></figure>') == "*Figure: Loss over steps.*\n"
    )


def test_every_page_has_a_twin_with_its_numbers_and_is_listed(built_site):
    listed = re.findall(r"^- \[.+\]\((.+)\): .{40,}$", (built_site / "llms.txt").read_text(), re.MULTILINE)
    listed = [address.removeprefix("https://learn.example/") for address in listed]
    pages = [path for path in built_site.rglob("index.html") if path.parent != built_site]
    assert sorted(listed) == sorted(path.with_name(TWIN).relative_to(built_site).as_posix() for path in pages)
    for page in load_pages():
        folder = built_site / page.name.removesuffix(".md").removesuffix("index")
        text = re.sub(r"```.*?```|`[^`]*`", "", (folder / TWIN).read_text(), flags=re.DOTALL)
        assert text.startswith("# ") and len(text) > 300, page.name
        assert "{{" not in text and "<div" not in text, page.name


def test_only_a_page_that_runs_python_may_compile_webassembly():
    page = "<head></head><script>one()</script><cost-calculator></cost-calculator>"
    assert "'wasm-unsafe-eval'" in policy(page)
    assert "'wasm-unsafe-eval'" not in policy(page.replace("cost-calculator", "p"))
    assert "unsafe-eval" not in policy("<p></p>") and "script-src 'self' 'unsafe-inline'" not in policy(page)
