"""Where things live. Every other module asks here, so that a copy of the tree works as well as the tree."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SNIPPETS = ROOT / "snippets"
NUMBERS = DOCS / "numbers.toml"
FACTS = DOCS / "facts.toml"
CALCULATORS = DOCS / "calculators.toml"
PRESETS = DOCS / "presets.toml"
CLAIMS = DOCS / "claims.toml"
EXCEPTIONS = DOCS / "exceptions.toml"
RESOURCES = DOCS / "resources.toml"
ERRATA = DOCS / "errata.toml"
CALCULATOR_SCRIPTS = SNIPPETS / "calculators"
ENGINE = ROOT / "scripts" / "engine"
VENDORED_LIST = DOCS / "vendored.toml"
VENDORED = DOCS / "assets" / "vendor"
NOTEBOOKS = DOCS / "notebooks"
RECORDS = DOCS / "records"
LOCK = ROOT / "requirements.lock"
SITE = ROOT / "site"
# Ours alone: a broken list of fonts in the home folder would print its warnings into the notebook.
MATPLOTLIB_CACHE = ROOT / ".cache" / "matplotlib"


def shown(path: Path) -> str:
    """Return a path as a reader would type it: relative to the repository where it lies inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
