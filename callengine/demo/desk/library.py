"""The demo's articles: files with a head of `key: value` lines between two lines of `---`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files

from sqlalchemy.ext.asyncio import AsyncConnection

from callengine.desk.knowledge.commands import publish, save
from callengine.desk.knowledge.records import Writing
from callengine.desk.people.scope import Scope


async def fill_library(
    connection: AsyncConnection, scope: Scope, at: datetime, houses: Mapping[str, int]
) -> int:
    """Publish them all; `houses`: ids by the number that the articles name. How many."""
    count = 0
    for slug, head, body in articles():
        writing = Writing(
            head["title"],
            body,
            head["topic"],
            head.get("company"),
            (houses[head["house"]],) if "house" in head else (),
            int(head["pinned"]) if "pinned" in head else None,
        )
        article = await save(connection, scope, at, writing, slug=slug)
        await publish(connection, scope, at, article)
        count += 1
    return count


def articles() -> Iterator[tuple[str, Mapping[str, str], str]]:
    """Each file's name, head and text. Raises ValueError for a file without a head."""
    folder = files("callengine.demo.desk").joinpath("articles")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".md"):
            continue
        _, head, body = file.read_text(encoding="utf-8").split("---\n", 2)
        pairs = (line.partition(": ") for line in head.splitlines())
        yield file.name.removesuffix(".md"), {key: value for key, _, value in pairs}, body.strip()
