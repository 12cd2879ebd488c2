"""Requests that are being answered, by session: a stream stays open for hours, and ends with its session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from aiohttp import web


class OpenRequests:
    """One for the desk's life."""

    def __init__(self) -> None:
        self._open: dict[str, list[web.Request]] = {}

    @contextmanager
    def entered(self, session_id: str, request: web.Request) -> Iterator[None]:
        """It is being answered as long as the block runs."""
        self._open.setdefault(session_id, []).append(request)
        try:
            yield
        finally:
            left = self._open[session_id]
            left[:] = [one for one in left if one is not request]
            if not left:
                del self._open[session_id]

    def sessions(self) -> frozenset[str]:
        """Those that have a request open."""
        return frozenset(self._open)

    def cut(self, session_ids: Iterable[str], *, but: web.Request | None = None) -> None:
        """Close the connections of these sessions, `but` the one that is told so."""
        for session_id in session_ids:
            for request in tuple(self._open.get(session_id, ())):
                if request is not but and request.transport is not None:
                    request.transport.close()
