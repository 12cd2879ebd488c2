"""`python -m tests.support.wire_lines`: add to tests/unit/storage/rows/wire what is written otherwise now.

Lines are added, never changed: what stands there was written by some version, and must be read.
"""

from __future__ import annotations

from pathlib import Path

from storage.rows import codec
from tests.support.wire_values import KINDS, fixed

FOLDER = Path(__file__).parent.parent / "unit" / "storage" / "rows" / "wire"


def main() -> None:
    """Write the files."""
    for file, (table, word) in KINDS.items():
        path = FOLDER / f"{file}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        for kind in table.values():
            line = getattr(codec, f"{word}_to_json")(fixed(kind))
            if line not in lines:
                lines.append(line)
        path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
