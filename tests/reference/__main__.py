"""Write every generated page, and the list of settings in docs/configuration.md."""

from __future__ import annotations

import asyncio

from tests.reference.pages import pages


def main() -> None:
    """Write what differs, and say so."""
    for path, text in asyncio.run(pages()).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: {path}")


main()
