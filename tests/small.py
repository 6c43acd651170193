"""A small site that is sound: one concept with one page, one snippet, one claim, one public figure."""

from pathlib import Path

from scripts.records import record_of
from scripts.run import Run, code_hashes

FILES = {
    "snippets/counting.py": '''# %% count
"""Count."""

from costs import doubled

eggs = 12  # a dozen
weight = 0.5
fast = 3.0
seconds = 0.25

# %% show
twice = doubled(eggs)
print(f"{eggs} eggs, {twice}")
''',
    "snippets/costs.py": '''"""Formulas."""


def doubled(number):
    """Return twice a number."""
    return 2 * number
''',
    "docs/numbers.toml": """[counting]
eggs = { label = "Eggs", unit = "count" }
weight = { label = "Weight of an egg", unit = "ratio", rel = 0.1 }
fast = { label = "Time to boil against time to fry", unit = "ratio", factor = 2.0 }
seconds = { label = "Time to count", unit = "second", recorded = true }

[boxes]
eggs = { label = "Eggs in boxes", unit = "count", formula = "costs.doubled(counting.eggs)" }
""",
    "docs/facts.toml": """[farm]
publisher = "The Farm"
source = "Annual report"
url = "https://example.org/report"
as_of = 2026-11-01
checked = 2026-11-02
kind = "paper"
grade = "A"
[farm.figures]
hens = { value = 40, unit = "count", label = "Hens", boundary = "all hens" }
visitors = { value = 900, unit = "count", label = "Visitors", boundary = "all of them", kind = "history", period = "2024" }
reading_words_per_minute = { value = 238, unit = "word/minute", label = "Words a minute", boundary = "adults" }
""",
    "docs/claims.toml": """[many]
words = ["many"]
holds = "counting.eggs > 10"
why = "More than fit into one hand."
""",
    "docs/exceptions.toml": """[anywhere]
"Egg-3000" = "A brand."
""",
    "docs/errata.toml": "",
    "docs/index.md": """---
description: A small site about eggs, which exists to have faults planted in it.
---

# Eggs

{{ reading.minutes }} about {{ boxes.eggs }} eggs, of {{ facts.hens }} hens. Boil them in an Egg-3000.
In {{ facts.visitors.period }} there were {{ facts.visitors }} visitors.
""",
    "docs/eggs/concept.toml": """sections = ["Run it", "Check yourself"]

[resources.book]
title = "The Egg"
url = "https://example.org/egg"
kind = "article"
minutes = 5
by = "A Hen"
why = "It is short."
""",
    "docs/eggs/index.md": """---
description: What an egg is, why it matters, and what to read about it.
---

# Eggs

{{ table eggs/resources }}
""",
    "docs/eggs/counting.md": """---
description: How eggs are counted, shown by a program that counts them.
---

# Counting

There are {{ counting.eggs }}, which is {{ claims.many | many }}. One weighs {{ counting.weight }}, boiling takes
{{ counting.fast }} times as long, and counting {{ counting.seconds }}.

## Run it

```python title="counting.py"
--8<-- "counting.py:count"
```

```python title="counting.py"
--8<-- "counting.py:show"
```

{{ output counting }}

## Check yourself

Did you?
""",
}


def make_site(folder: Path) -> Path:
    """Write the site into a folder and return that, the record of its snippet included."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    record_snippet(folder)
    return folder


def run_of(**values: object) -> Run:
    """Return what a run of the small snippet gives, with other values where they are given."""
    known = {"eggs": 12, "weight": 0.5, "fast": 3.0, "seconds": 0.25, "twice": 24}
    return Run(0, "12 eggs, 24\n", "", 0.1, known | values, {"python": "3.11", "cpu": "A hen"})


def record_snippet(folder: Path) -> None:
    code = code_hashes(folder / "snippets" / "counting.py", folder)
    record_of("counting", run_of(), code, ["eggs", "weight", "fast", "seconds"], folder).write(folder)
