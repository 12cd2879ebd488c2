"""Pages of the inbox cover every key once, whatever the keys are."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest

from ami_adapters.protocol.actions import Action
from ami_adapters.protocol.ami_message import Message
from ami_adapters.protocol.pending_actions import Response
from ami_adapters.resync import inbox as inbox_reader
from ami_adapters.resync.inbox import InboxReader
from queues.messages.events import InboxRead
from queues.terms.identifiers import AgentId, Endpoint

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def message(*headers: tuple[str, str]) -> Message:
    return Message("\r\n".join(f"{key}: {value}" for key, value in headers).encode())


class AstDb:
    """AstDB's answers to the reader."""

    def __init__(self, entries: dict[str, str]) -> None:
        self.entries = entries
        self.alive: list[str] = []
        self.pages: list[int] = []

    def send_nowait(self, action: Action) -> asyncio.Future[Response]:
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        answer.set_result(self._answer(action))
        return answer

    def _answer(self, action: Action) -> Response:
        done = ("Response", "Success")
        headers = dict(action.headers)
        if action.name == "Getvar":
            return Response(message(done, ("Value", str(len(self.entries)))))
        if action.name == "Status":
            return Response(
                message(done), tuple(message(("Event", "Status"), ("Uniqueid", one)) for one in self.alive)
            )
        like = re.compile(".*".join(map(re.escape, headers["Key"].split("%"))))
        found = [(key, value) for key, value in self.entries.items() if like.fullmatch(key)]
        self.pages.append(len(found))
        items = [
            message(("Event", "DBGetTreeResponse"), ("Key", f"/callengine/inbox/{key}"), ("Val", value))
            for key, value in found
        ]
        return Response(message(done), tuple(items))


async def read(
    entries: dict[str, str], *, alive: tuple[str, ...] = (), started: datetime | None = None
) -> tuple[InboxReader, list[InboxRead], AstDb]:
    astdb = AstDb(entries)
    told: list[InboxRead] = []
    astdb.alive = list(alive)

    async def at_once() -> None:
        pass

    reader = InboxReader(
        astdb, told.append, at_once, lambda: NOW, NOW, started, {Endpoint("PJSIP/1001"): AgentId("1001")}
    )
    await reader.read()
    return reader, told, astdb


def calls(told: list[InboxRead]) -> list[str]:
    return [trace.call for page in told for trace in page.ended]


ENDED = "1|1764041234.5|7495|7916|ended||1764041254.5|||"


@pytest.mark.parametrize("count", [0, 1, 199, 201, 2500, 20100])
async def test_every_entry_comes_once_in_pages_of_bounded_size(count: int) -> None:
    entries = {f"{1764041234 + n // 5}.{n}": ENDED for n in range(count)}
    _, told, astdb = await read(entries)
    assert sorted(calls(told)) == sorted(entries)
    assert max(astdb.pages, default=0) <= inbox_reader.PAGE + 1
    assert [page.is_last for page in told] == [False] * (len(told) - 1) + [True]


async def test_foreign_and_damaged_entries_are_told_by_key_and_nothing_else_is_done_with_them() -> None:
    damaged = {
        "no-number": ENDED.replace("1764041234.5", ""),
        "1764041234.7": "garbage",
        "1764041234.8": "1|nan|a|b|ended||",
        "1764041234.9": "1|1e400|a|b|ended||",
        "1764041234.10": "2|1764041234.5|a|b|ended||",
        "deep/er/key": "x",
        "": "",
    }
    reader, told, _ = await read({**damaged, "1764041234.1": ENDED})
    assert calls(told) == ["1764041234.1"]
    assert sorted(key.removeprefix("/callengine/inbox/") for key in reader.leftovers) == sorted(damaged)


async def test_what_has_no_end_is_over_when_asterisk_was_started_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox_reader, "LOOK_AGAIN_SECONDS", 0)
    arriving = "1|1764041234.5|7495|7916|arriving||"
    _, told, _ = await read({"1764041234.1": arriving}, started=datetime(2025, 12, 1, tzinfo=UTC))
    assert calls(told) == ["1764041234.1"]
    # Else it is looked for on the line once more.
    _, told, _ = await read({"1764041234.1": arriving}, alive=("1764041234.1",))
    assert calls(told) == []
    _, told, _ = await read({"1764041234.1": arriving})
    assert calls(told) == ["1764041234.1"]


async def test_who_answered_and_what_was_recorded_is_read() -> None:
    value = "1|1764041234.5|7495|7916|fallback@PJSIP/1001-0000002a|1764041240.5|1764041254.5|||/r/x.wav"
    _, told, _ = await read({"1764041234.1": value})
    ((trace,), ()) = [page.ended for page in told]
    assert (trace.by_fallback, trace.agent, trace.recording) == (True, "1001", "/r/x.wav")
    assert trace.message_at is None
