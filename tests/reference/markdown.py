"""What generated pages have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def opening(title: str, source: str) -> str:
    """Title, and that nobody should write here."""
    return f"# {title}\n\n<!-- Written by `make reference` from {source}. Changes go there. -->\n\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what would end a cell is escaped."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = (" ".join(cell.split()).replace("|", "\\|") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def anchor(heading: str) -> str:
    """The name under which a heading is linked."""
    return "".join(one for one in heading.lower().replace(" ", "-") if one.isalnum() or one in "-_")
