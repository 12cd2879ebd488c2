"""One request and its answer on one connection: aiohttp's part, with limits that it does not have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from callengine.http.door.head import Head
from callengine.http.door.limits import UNASKED_BYTES, Limits, Refusal

NAME = "callengine"
"""What `Server:` says: no version, no library."""
_QUIET: dict[str, Any] = {"access_log": None, "lingering_time": 1.0}


class Answering(web.RequestHandler):
    """Made when the head is whole. What nobody asked for is not parsed; what takes too long is ended."""

    __slots__ = ("_first", "_has_body", "_limit", "_limits", "_more", "_on_gone", "_on_refused", "_wire")

    def __init__(
        self,
        server: web.Server,
        head: Head,
        said: bytes,
        *,
        limits: Limits,
        on_refused: Callable[[Refusal], None],
        on_gone: Callable[[], None],
    ) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **_QUIET)
        self._first = said if head.has_body else said[: head.length]
        self._has_body = head.has_body
        self._more = len(said) - head.length
        self._limits = limits
        self._on_refused = on_refused
        self._on_gone = on_gone
        self._limit: asyncio.TimerHandle | None = None
        self._wire: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The head is here already, and goes on to aiohttp."""
        super().connection_made(transport)
        if isinstance(transport, asyncio.Transport):
            self._wire = transport
        self._limit = asyncio.get_running_loop().call_later(
            self._limits.serve_seconds, self._end, Refusal.STALLED
        )
        first, self._first = self._first, b""
        super().data_received(first)

    def data_received(self, data: bytes) -> None:
        """A body; whatever comes beside one is dropped unread."""
        self._more += len(data)
        if self._more > (self._limits.body_bytes if self._has_body else UNASKED_BYTES):
            self._end(Refusal.FLOODING)
        elif self._has_body:
            super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Its place is free."""
        super().connection_lost(exc)
        self.flows_on()
        self._on_gone()

    def flows_on(self) -> None:
        """The answer has no end, and its maker limits how long the other side may not take it."""
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A malformed request is counted and not logged; a mistake of ours is logged as ever."""
        if isinstance(exc, web.RequestPayloadError):  # A body that is not what its head says.
            status = HTTPStatus.BAD_REQUEST.value
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            answer = super().handle_error(request, status, exc, message)
        else:
            self._on_refused(Refusal.MALFORMED)
            answer = web.Response(status=status, text=f"{status}: the request is malformed\n")
            answer.force_close()
        answer.headers["Server"] = NAME
        return answer

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Not for the rest of a body that cannot be read: its request was answered and counted."""
        if not isinstance(kw.get("exc_info"), web.RequestPayloadError):
            super().log_exception(*args, **kw)

    def _end(self, why: Refusal) -> None:
        self._on_refused(why)
        if self._wire is not None:
            self._wire.abort()


def one_request_a_connection(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: nobody keeps a place by keeping silent, and what has no end is not ended for it."""
    response.headers["Server"] = NAME
    response.headers["Connection"] = "close"
    response.force_close()
    if not isinstance(response, web.Response) and isinstance(request.protocol, Answering):
        request.protocol.flows_on()
