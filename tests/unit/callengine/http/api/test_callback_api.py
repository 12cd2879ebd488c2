"""What a supervisor is told over HTTP when the ledger cannot answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NoReturn, cast

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callengine.http.api.callbacks import CallbackApi, Callbacks
from callengine.http.routes import MAY_CHANGE
from storage.schema.errors import LedgerAway


class AwayCallbacks:
    def now(self) -> datetime:
        return datetime(2026, 11, 25, tzinfo=UTC)

    async def open_obligations(self) -> NoReturn:
        raise LedgerAway("the ledger does not answer: OperationalError")

    async def story(self, obligation: str) -> NoReturn:
        raise LedgerAway(f"the ledger does not answer for {obligation}")


async def test_while_the_ledger_is_away_lists_and_wishes_say_so() -> None:
    app = web.Application()
    app[MAY_CHANGE] = True
    CallbackApi(cast("Callbacks", AwayCallbacks())).add_to(app)
    async with TestClient(TestServer(app)) as client:
        listed = await client.get("/api/v1/callbacks")
        assert listed.status == 503
        assert "OperationalError" in (await listed.json())["error"]
        wish = {"by": "petrova", "why": "spoke with him"}
        closed = await client.post("/api/v1/callbacks/ob-1/close", json=wish)
        assert closed.status == 503
        assert "may be done: look again" in (await closed.json())["error"]
