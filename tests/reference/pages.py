"""Which pages are generated, and from what."""

from __future__ import annotations

from pathlib import Path

from config.example import reference_markdown
from tests.reference.cli import cli_page
from tests.reference.http import http_page
from tests.reference.log_events import log_events_page
from tests.reference.metrics import metrics_page
from tests.reference.tables import tables_page

FOLDER = Path("docs/reference")
SETTINGS = Path("docs/configuration.md")
_SETTINGS_BEGIN = "## Every option\n"


async def pages() -> dict[Path, str]:
    """Each page's text as it must be now."""
    return {
        FOLDER / "cli.md": cli_page(),
        FOLDER / "http.md": await http_page(),
        FOLDER / "log-events.md": log_events_page(),
        FOLDER / "metrics.md": await metrics_page(),
        FOLDER / "tables.md": tables_page(),
        SETTINGS: _with_settings(SETTINGS.read_text(encoding="utf-8")),
    }


def _with_settings(page: str) -> str:
    """The page by hand, with the list of settings as the schema has it: from its heading to the next of that rank."""
    before, begin, rest = page.partition(_SETTINGS_BEGIN)
    if not begin:
        raise ValueError(f"{SETTINGS} has no heading {_SETTINGS_BEGIN!r}")
    _, following, after = rest.partition("\n## ")
    return f"{before}{begin}\n{reference_markdown()}{following}{after}"
