"""Write every dashboard in both languages: `python -m config.dashboards [--goal 0.9] [--to FOLDER]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from config.dashboards.grafana import as_json
from config.dashboards.shift import SHIFT
from config.dashboards.wallboard import GOAL, WALLBOARD, with_goal

TARGET = Path(__file__).resolve().parent.parent / "grafana" / "dashboards"
LANGUAGES = ("ru", "en")


def files(goal: float = GOAL) -> dict[Path, str]:
    """Each file under config/grafana/dashboards, and what is in it. Raises ValueError for a goal that is none."""
    return {
        Path(language) / f"{board.name}.json": as_json(with_goal(board, goal), language)
        for board in (WALLBOARD, SHIFT)
        for language in LANGUAGES
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m config.dashboards", description=__doc__)
    parser.add_argument(
        "--goal", type=float, default=GOAL, help="green from this service level on (default %(default)s)"
    )
    parser.add_argument("--to", type=Path, default=TARGET, help="folder (default: config/grafana/dashboards)")
    options = parser.parse_args()
    try:
        made = files(options.goal)
    except ValueError as wrong:
        parser.error(str(wrong))
    for path, text in made.items():
        (options.to / path).parent.mkdir(parents=True, exist_ok=True)
        (options.to / path).write_text(text, encoding="utf-8")
