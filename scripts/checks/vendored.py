"""What the site publishes of others is what they published."""

from collections.abc import Iterator

from scripts.checks import View, check
from scripts.vendored import differences


@check("sources")
def vendored_files_are_as_published(view: View) -> Iterator[str]:
    """Each file of others is the one of its version, byte for byte, and says where it is from."""
    yield from differences()
