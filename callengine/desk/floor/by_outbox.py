"""The floor's orders by the outbox: each kept until the engine has answered, its answer shown as it was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from callengine.control.wishes import Wish, wish_from_line
from callengine.desk.data.database import DeskDatabase
from callengine.desk.floor.orders import OF_AGENT, OF_CALL, Order, Ordered
from callengine.desk.outbox.tables import outbox
from callengine.desk.outbox.wishes import keep
from callengine.desk.people.scope import Scope

MEANT_FOR = timedelta(seconds=10)
"""An order is of its moment: one that reaches the engine later is not done."""


class OrdersByOutbox:
    """The page's `Commands`. `wake`: there is something to send."""

    def __init__(self, database: DeskDatabase, now: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._database = database
        self._now = now
        self._wake = wake

    async def ask(self, scope: Scope, order: Order) -> None:
        """Commit it, then send it."""
        at = self._now()
        wish = Wish(
            id=order.id,
            kind=order.kind,
            account=str(scope.account_id),
            by=scope.name,
            made_at=at,
            expires_at=at + MEANT_FOR,
            agent=order.agent or None,
            call=order.call or None,
            queue=order.queue or None,
            company=order.company or None,
            reason=order.reason,
        )
        async with self._database.writing() as connection:
            await keep(connection, scope, at, wish)
        self._wake()

    async def latest(self, scope: Scope, most: int) -> Sequence[Ordered]:
        """The last ones that he may see, the newest first."""
        of = outbox.c
        query = (
            select(of.body, of.by, of.made_at, of.answered_at, of.done, of.refusal)
            .where(of.kind.in_([*OF_AGENT, *OF_CALL]), scope.clause(of.company, with_common=True))
            .order_by(of.id.desc())
            .limit(most)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        found = []
        for row in rows:
            wish = wish_from_line(row.body.encode())
            order = Order(
                wish.id,
                wish.kind,
                wish.agent or "",
                wish.call or "",
                wish.company or "",
                wish.queue or "",
                wish.reason,
            )
            state = "waiting" if row.answered_at is None else "done" if row.done else "refused"
            found.append(Ordered(order, row.by, row.made_at, state, row.refusal))
        return found
