"""What the desk wants of the engine and has no answer to yet, as the desk committed it (P4)."""

from __future__ import annotations

from collections.abc import Sequence

from storage.desk.outsider import DeskReader

MOST_AT_ONCE = 200
_QUESTION = f"SELECT body FROM outbox WHERE answered_at IS NULL ORDER BY id LIMIT {MOST_AT_ONCE}"  # noqa: S608


async def open_lines(reader: DeskReader, seconds: float) -> Sequence[bytes]:
    """The lines that the desk would send, the oldest first. Raises DeskAway, DeskLate."""
    return [str(body).encode() for (body,) in await reader.rows(_QUESTION, (), seconds)]
