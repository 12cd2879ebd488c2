"""Write every dashboard in both languages into config/grafana."""

from __future__ import annotations

from pathlib import Path

from config.dashboards.grafana import as_json
from config.dashboards.shift import SHIFT
from config.dashboards.wallboard import WALLBOARD

TARGET = Path(__file__).resolve().parent.parent / "grafana" / "dashboards"
LANGUAGES = ("ru", "en")


def files() -> dict[Path, str]:
    """Each file under config/grafana/dashboards, and what is in it."""
    return {
        Path(language) / f"{board.name}.json": as_json(board, language)
        for board in (WALLBOARD, SHIFT)
        for language in LANGUAGES
    }


if __name__ == "__main__":
    for path, text in files().items():
        (TARGET / path).parent.mkdir(parents=True, exist_ok=True)
        (TARGET / path).write_text(text, encoding="utf-8")
