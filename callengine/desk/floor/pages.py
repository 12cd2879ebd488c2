"""The floor's page, its stream, and the forms by which a supervisor orders something."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from callengine.desk.data.database import DeskDatabase
from callengine.desk.engine_link.follower import EngineFollower
from callengine.desk.engine_link.picture import Agent, Call
from callengine.desk.floor.orders import OF_AGENT, OF_CALL, Commands, Order, read_order
from callengine.desk.floor.view import AgentRow, Floor, floor_of
from callengine.desk.ledger.names import Names
from callengine.desk.people.rights import Right
from callengine.desk.people.scope import NotSeen
from callengine.desk.people.trail import record
from callengine.desk.web.routes import DeskRoute
from callengine.desk.web.streams import PageStream
from callengine.desk.web.visit import Visit

REGIONS = ("away", "queues", "waiting", "agents", "owed", "orders")
"""Of the page: `floor/<name>.html` each, read-only, patched by the stream."""
_ORDERS_SHOWN = 8
_LOOK_SECONDS = 0.5
"""Between two looks at what became of the orders."""


@dataclass(frozen=True, slots=True)
class FloorPages:
    """What they stand on. Without `commands` the floor is looked at only."""

    follower: EngineFollower
    database: DeskDatabase
    names: Names
    now: Callable[[], datetime]
    commands: Commands | None = None

    def routes(self) -> tuple[DeskRoute, ...]:
        """All of them."""
        seen = (
            DeskRoute("GET", "/desk/floor", self.floor, Right.FLOOR_SEE),
            DeskRoute("GET", "/desk/floor/stream", self.stream, Right.FLOOR_SEE),
        )
        if self.commands is None:
            return seen
        agent, call = {"agent": "1001"}, {"call": "waiting"}
        return (
            *seen,
            DeskRoute("GET", "/desk/floor/agents/{agent}", self.agent, Right.FLOOR_ACT, samples=agent),
            DeskRoute("POST", "/desk/floor/agents/{agent}", self.order_agent, Right.FLOOR_ACT, samples=agent),
            DeskRoute("GET", "/desk/floor/calls/{call}", self.call, Right.FLOOR_ACT, samples=call),
            DeskRoute("POST", "/desk/floor/calls/{call}", self.order_call, Right.FLOOR_ACT, samples=call),
        )

    async def floor(self, visit: Visit) -> web.StreamResponse:
        """The whole page, as it is now; the stream goes on from there."""
        return visit.page("floor/floor.html", regions=REGIONS, **await self._values(visit))

    async def stream(self, visit: Visit) -> web.StreamResponse:
        """The regions, whenever something happens."""
        page = PageStream()
        feeding = asyncio.create_task(self._feed(visit, page), name="floor stream")
        try:
            return await page.serve(visit.request)
        finally:
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding

    async def _feed(self, visit: Visit, page: PageStream) -> None:
        looking = asyncio.create_task(self._feed_orders(visit, page), name="floor orders")
        try:
            with self.follower.subscribe() as subscription:
                async for _ in subscription:
                    values = await self._values(visit)
                    page.show({name: self._drawn(visit, name, values) for name in REGIONS})
        finally:
            looking.cancel()

    async def _feed_orders(self, visit: Visit, page: PageStream) -> None:
        shown = None
        while self.commands is not None:
            await asyncio.sleep(_LOOK_SECONDS)
            orders = await self.commands.latest(visit.scope, _ORDERS_SHOWN)
            if orders != shown:
                shown = orders
                page.show({"orders": self._drawn(visit, "orders", await self._values(visit))})

    def _drawn(self, visit: Visit, name: str, values: Mapping[str, Any]) -> str:
        return visit.drawing.part(visit.language, f"floor/{name}.html", values)

    async def _values(self, visit: Visit) -> dict[str, Any]:
        picture = self.follower.picture
        scope = visit.scope
        orders = [] if self.commands is None else await self.commands.latest(scope, _ORDERS_SHOWN)
        floor = Floor((), (), (), (), 0, False)
        if picture is not None:
            floor = floor_of(picture, self.names, scope)
        t = visit.texts("floor")
        return {
            "floor": floor,
            "heard": self.follower.is_heard,
            "known": picture is not None,
            "synced": picture is not None and picture.synced,
            "may_act": self.commands is not None and visit.may(Right.FLOOR_ACT),
            "orders": orders,
            "names": self.names,
            "pause": lambda reason: self.names.pause(reason, visit.language),
            "word": lambda name: t.get(name, name.partition("_")[2] or name),
            "now": self.now(),
        }

    async def agent(self, visit: Visit) -> web.StreamResponse:
        """What can be ordered of one agent."""
        return self._agent_page(visit, self._agent(visit))

    async def order_agent(self, visit: Visit) -> web.StreamResponse:
        """One thing of it."""
        agent = self._agent(visit)
        order, wrong = read_order(visit.form, OF_AGENT, agent=agent.agent)
        if wrong:
            return self._agent_page(visit, agent, wrong)
        if visit.form.get("state") != agent.state:
            return self._stale(visit, order, visit.form.get("state", ""), agent.state)
        return await self._ask(visit, order)

    async def call(self, visit: Visit) -> web.StreamResponse:
        """What can be ordered about one who waits."""
        call = self._waiting(visit)
        return visit.see_other("/desk/floor") if call is None else self._call_page(visit, call)

    async def order_call(self, visit: Visit) -> web.StreamResponse:
        """One thing of it."""
        call = self._waiting(visit)
        if call is None:
            t = visit.texts("floor")
            return visit.stale("/desk/floor", [(t["caller"], t["state_gone"], t["state_waiting"])])
        order, wrong = read_order(visit.form, OF_CALL, call=call.call, company=call.company)
        if wrong:
            return self._call_page(visit, call, wrong)
        return await self._ask(visit, order)

    async def _ask(self, visit: Visit, order: Order) -> web.StreamResponse:
        if self.commands is None:
            raise NotSeen
        subject = ("agent", order.agent) if order.kind in OF_AGENT else ("call", order.call[:120])
        after = {"reason": order.reason, "agent": order.agent, "queue": order.queue}
        async with self.database.writing() as connection:
            await record(
                connection,
                visit.scope,
                self.now(),
                order.kind,
                subject,
                company=order.company or None,
                after={name: value for name, value in after.items() if value},
            )
        await self.commands.ask(visit.scope, order)
        return visit.see_other("/desk/floor#orders")

    def _stale(self, visit: Visit, order: Order, before: str, state: str) -> web.Response:
        t = visit.texts("floor")
        name = self.names.agent(order.agent)
        shown = [t.get(f"state_{one}", one) for one in (state, before)]
        return visit.stale(f"/desk/floor/agents/{quote(order.agent, safe='')}", [(name, shown[0], shown[1])])

    def _agent(self, visit: Visit) -> AgentRow:
        picture = self.follower.picture
        rows = () if picture is None else floor_of(picture, self.names, visit.scope).agents
        for one in rows:
            if one.agent == visit.request.match_info["agent"]:
                return one
        raise NotSeen

    def _waiting(self, visit: Visit) -> Call | None:
        """None: he does not wait any more. Raises NotSeen for a call that is none of his companies'."""
        picture = self.follower.picture
        call = None if picture is None else picture.calls.get(visit.request.match_info["call"])
        if call is not None:
            visit.scope.require(call.company)
        return call if call is not None and call.state == "waiting" else None

    def _agent_page(
        self, visit: Visit, agent: AgentRow, wrong: Mapping[str, str] | None = None
    ) -> web.Response:
        return self._form(visit, "floor/agent.html", wrong, agent=agent)

    def _call_page(self, visit: Visit, call: Call, wrong: Mapping[str, str] | None = None) -> web.Response:
        picture = self.follower.picture
        agents: tuple[Agent, ...] = () if picture is None else tuple(picture.agents.values())
        free = [(one.agent, one.name or self.names.agent(one.agent)) for one in agents if one.state == "free"]
        queues = [
            (one, self.names.queue(one, visit.language)) for one in self.names.queues if one != call.queue
        ]
        return self._form(visit, "floor/call.html", wrong, call=call, free=sorted(free), queues=queues)

    def _form(
        self, visit: Visit, template: str, wrong: Mapping[str, str] | None, **values: Any
    ) -> web.Response:
        t = visit.texts("floor")
        return visit.page(
            template,
            status=422 if wrong else 200,
            values=visit.form,
            errors={name: t[told] for name, told in (wrong or {}).items()},
            order_id=secrets.token_urlsafe(18),
            names=self.names,
            word=lambda name: t.get(name, name.partition("_")[2] or name),
            **values,
        )
