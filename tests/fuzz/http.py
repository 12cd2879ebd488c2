"""Damaged requests to the API, on the socket that may change things: answered below 500, and nothing half done."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from callengine.http.api.callbacks import CallbackApi
from callengine.http.server import HttpServer
from queues.messages.events import Event
from queues.terms.phone import Phone
from storage.queries.messages import WaitingMessageRow
from storage.queries.obligations import ObligationStory, OpenObligation
from tests.fuzz.mutations import TOKENS, mutated
from tests.unit.callengine.http.test_http_server import some_metrics

INPUTS = 100
_NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
_BODIES: tuple[bytes, ...] = tuple(
    json.dumps(body).encode()
    for body in (
        {"by": "petrova", "why": "spoke with him", "contacted_at": "2026-11-24T11:59:00+03:00"},
        {"by": "petrova", "to": "1001"},
        {"by": "petrova", "disposition": "reached"},
        {"by": "petrova", "review": "done"},
        {"by": "petrova", "enabled": False, "why": "storm"},
        {"by": ["petrova"], "why": {"a": 1}},
    )
)
_PATHS: tuple[bytes, ...] = (
    b"callbacks",
    b"callbacks/ob-1",
    b"callbacks/ob-1/close",
    b"callbacks/ob-1/assign",
    b"callbacks/ob-1/disposition",
    b"callbacks/switch",
    b"messages",
    b"messages/m-1/review",
)


class Desk:
    """An engine that knows one obligation and one message, and takes every wish that is well formed."""

    def __init__(self) -> None:
        self.taken: list[Event] = []
        self._open = OpenObligation(
            obligation="ob-1",
            company="sever",
            did="74951234501",
            queue="general",
            number=Phone("+79161234567"),
            state="unconfirmed",
            arrived_at=_NOON,
            due_at=_NOON,
            overdue=False,
            calls=1,
            attempts=1,
            reason="no answer",
            assigned_to="",
        )
        self._message = WaitingMessageRow(
            message="m-1",
            company="sever",
            did="74951234501",
            queue="general",
            number=Phone("+79161234567"),
            left_at=_NOON,
            due_at=_NOON,
            path="/r/m.wav",
            opened_at=None,
            opened_by="",
        )

    def now(self) -> datetime:
        return _NOON

    async def carry(self, event: Event) -> None:
        self.taken.append(event)

    async def open_obligations(self) -> list[OpenObligation]:
        return [self._open]

    async def story(self, obligation: str) -> ObligationStory | None:
        if obligation != "ob-1":
            return None
        return ObligationStory(self._open, (), (), (), None, None, None, None, None, "", "")

    async def waiting_messages(self) -> list[WaitingMessageRow]:
        return [self._message]

    def callbacks_stopped(self) -> bool:
        return False


class HttpSession:
    """One session, told by its seed."""

    def __init__(self, seed: str) -> None:
        self._chance = Random(seed)
        self._desk = Desk()

    def run(self) -> None:
        """Raises AssertionError, or whatever should not have been raised."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        with TemporaryDirectory(prefix="callengine-fuzz-") as folder:
            control = Path(folder) / "c.sock"
            server = HttpServer(
                "127.0.0.1", 0, some_metrics(), dict, api=CallbackApi(self._desk), control=control
            )
            await server.start()
            try:
                for _ in range(INPUTS):
                    if self._chance.random() < _SHARE_NO_HTTP:
                        await _ask(control, mutated(self._request(), self._chance, _BODIES), whole=False)
                    else:
                        await _ask(control, self._request(), whole=True)
                # Whatever came before, the next one is served.
                assert await _ask(control, _request(b"GET", b"/api/v1/callbacks", b""), whole=True) == OK
            finally:
                await server.stop()
                await _end_what_lingers()
        for event in self._desk.taken:
            repr(event).encode()

    def _request(self) -> bytes:
        chance = self._chance
        method = chance.choice((b"GET", b"POST", b"POST", b"POST", b"DELETE"))
        path, body = chance.choice(_PATHS), chance.choice(_BODIES)
        if chance.random() < 0.3:
            path = mutated(path, chance, _PATHS)
        if chance.random() < 0.8:
            body = mutated(body, chance, (*_BODIES, *TOKENS))
        return _request(method, b"/api/v1/" + path.translate(None, b" \r\n"), body)


async def _end_what_lingers() -> None:
    """aiohttp waits ten seconds for the rest of a request whose sender is gone, and forgets that it does."""
    lingering = [
        task
        for task in asyncio.all_tasks()
        if getattr(task.get_coro(), "__qualname__", "") == "RequestHandler.start"
    ]
    for task in lingering:
        task.cancel()
    await asyncio.gather(*lingering, return_exceptions=True)


async def _ask(control: Path, request: bytes, *, whole: bool) -> int:
    """The status of the answer; 0 when there was none: only to what is no whole request."""
    reader, writer = await asyncio.open_unix_connection(control)
    answer = b""
    try:
        async with asyncio.timeout(10 if whole else 0.2):
            writer.write(request)
            answer = await reader.read()
    except ConnectionError:
        pass
    except TimeoutError:
        assert not whole, request
    finally:
        writer.close()
    assert answer or not whole, request
    if not answer:
        return 0
    status = int(answer.split(b" ", 2)[1])
    assert status < SERVER_ERROR, (request, answer)
    return status


OK, SERVER_ERROR = 200, 500
_SHARE_NO_HTTP = 0.1


def _request(method: bytes, path: bytes, body: bytes) -> bytes:
    head = b"%b %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    return head % (method, path, len(body)) + body
