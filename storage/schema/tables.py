"""The ledger's tables: what happened, what was owed, what was done about it.

Instants are whole microseconds since the epoch, UTC, on every database: exact, and ordered as numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime as microseconds since the epoch. Raises ValueError for a naive one."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must name its time zone")
        return (value - EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        del dialect
        return None if value is None else EPOCH + timedelta(microseconds=int(value))


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant),
)
"""One row for each start of the engine; `epoch` numbers them for a node. `seen_at`: it certainly ran until then."""

journal = Table(
    "journal",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("event", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("companies", String(400), nullable=False, server_default=""),
)
"""Every event that came in, when it was handled, and what was decided: replays to the same state.

`companies`: whose residents it concerns, as `,sever,yug,`; empty: nobody's in particular.
"""

calls = Table(
    "calls",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("call", String(150), primary_key=True),
    Column("arrived_at", Instant, nullable=False, index=True),
    Column("offered_at", Instant, nullable=False),
    Column("did", String(40), nullable=False),
    Column("company", String(40), nullable=False),
    Column("line_kind", String(40), nullable=False),
    Column("queue", String(40), nullable=False),
    Column("number", String(40), nullable=False),
    Column("caller_name", String(200), nullable=False),
    Column("queued_at", Instant),
    Column("fallback_at", Instant),
    Column("answered_at", Instant),
    Column("agent", String(40)),
    Column("offer", String(200)),
    Column("ended_at", Instant),
    Column("outcome", String(30)),
    Column("served_by", String(20)),
    Column("cause", Integer),
    Column("recording", String(300)),
    # Where it is much shorter than the conversation: so much of it is there.
    Column("recorded_seconds", Integer),
    Column("verdict", String(30)),
    Column("rules", String(60)),
    Column("judged_at", Instant),
    Column("choice_offered_at", Instant),
    Column("choice", String(20)),
    Column("choice_at", Instant),
    Column("typed_number", String(40)),
    Column("message_at", Instant),
    Column("queue_exit", String(20)),
    Column("unlisted", String(40)),
    Column("moved_to", String(40)),
    Column("raised_at", Instant),
)
"""`unlisted`: the number he dialled, where no line of the settings had it. `queue` is where he arrived, for the
figures; `moved_to` where a supervisor let him wait, `raised_at` when one put him before all others."""
Index("ix_calls_number", calls.c.number, calls.c.arrived_at)
Index(
    "ix_calls_open",
    calls.c.node,
    sqlite_where=text("outcome IS NULL"),
    postgresql_where=text("outcome IS NULL"),
)

offers = Table(
    "offers",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("offer", String(200), primary_key=True),
    Column("call", String(150), nullable=False, index=True),
    Column("agent", String(40), nullable=False),
    Column("made_at", Instant, nullable=False, index=True),
    Column("rang_at", Instant),
    Column("ended_at", Instant),
    Column("result", String(30)),
)
"""Every ring attempt; `result` is `answered` or why not."""

transfers = Table(
    "transfers",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("call", String(150), primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("agent", String(40), nullable=False),
)
"""Who took a conversation over, and when: with `calls.agent`, who answered, each agent's part of it."""

agent_states = Table(
    "agent_states",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False, index=True),
    Column("agent", String(40), nullable=False),
    Column("state", String(30), nullable=False),
    Column("reason", String(100), nullable=False),
)

link_gaps = Table(
    "link_gaps",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("restored", Boolean, nullable=False),
)
"""When the link to the PBX was lost and restored: what lies between is unknown, not good."""

obligations = Table(
    "obligations",
    metadata,
    Column("obligation", String(160), primary_key=True),
    Column("node", String(40), nullable=False),
    Column("call", String(150), nullable=False),
    Column("company", String(40), nullable=False),
    Column("did", String(40), nullable=False),
    Column("queue", String(40), nullable=False),
    Column("number", String(40), nullable=False),
    Column("e164", String(40)),
    Column("arrived_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("opened_at", Instant, nullable=False),
    Column("overdue_at", Instant),
    Column("closed_at", Instant),
    Column("closing", String(30)),
    Column("reason", String(100)),
    Column("state", String(20)),
    Column("contacted_at", Instant),
    Column("closed_by", String(80)),
    Column("disposition", String(30)),
    Column("disposed_at", Instant),
    Column("disposed_by", String(80)),
)
_OPEN = text("closed_at IS NULL AND e164 IS NOT NULL")
Index(
    "uq_obligations_open",
    obligations.c.company,
    obligations.c.e164,
    unique=True,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)

obligation_calls = Table(
    "obligation_calls",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("call", String(150), primary_key=True),
    Column("obligation", String(160), ForeignKey("obligations.obligation"), nullable=False, index=True),
)
"""Which missed calls an obligation answers for."""

attempts = Table(
    "attempts",
    metadata,
    Column("attempt", String(160), primary_key=True),
    Column("obligation", String(160), ForeignKey("obligations.obligation"), nullable=False, index=True),
    Column("n", Integer, nullable=False),
    Column("agent", String(40), nullable=False),
    Column("e164", String(40), nullable=False),
    Column("made_at", Instant, nullable=False, index=True),
    Column("dialled_at", Instant),
    Column("contacted_at", Instant),
    Column("ended_at", Instant),
    Column("result", String(30)),
    Column("recording", String(300)),
    # Where it is much shorter than the conversation: so much of it is there.
    Column("recorded_seconds", Integer),
    Column("trunk", String(40)),
    Column("dial_status", String(30)),
    Column("cause", Integer),
    Column("sip_code", Integer),
    Column("rang", Boolean),
    Column("heard", Boolean),
    Column("sounds_like", String(20)),
)
_IN_FLIGHT = text("ended_at IS NULL")
Index(
    "uq_attempts_in_flight",
    attempts.c.e164,
    unique=True,
    sqlite_where=_IN_FLIGHT,
    postgresql_where=_IN_FLIGHT,
)

attempt_transfers = Table(
    "attempt_transfers",
    metadata,
    Column("attempt", String(160), ForeignKey("attempts.attempt"), primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("agent", String(40), nullable=False),
)
"""Who took the conversation of a callback over, and when: as `transfers` for a resident's own call."""

human_tasks = Table(
    "human_tasks",
    metadata,
    Column("obligation", String(160), ForeignKey("obligations.obligation"), primary_key=True),
    Column("opened_at", Instant, nullable=False),
    Column("reason", String(100), nullable=False),
    Column("done_at", Instant),
    Column("done_by", String(80)),
    Column("assigned_to", String(80)),
    Column("assigned_by", String(80)),
    Column("assigned_at", Instant),
)

dial_refusals = Table(
    "dial_refusals",
    metadata,
    Column("obligation", String(160), ForeignKey("obligations.obligation"), primary_key=True),
    Column("reason", String(30), primary_key=True),
    Column("at", Instant, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("message", String(150), primary_key=True),
    Column("company", String(40), nullable=False),
    Column("did", String(40), nullable=False),
    Column("queue", String(40), nullable=False),
    Column("left_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("path", String(300), nullable=False),
    Column("opened_at", Instant),
    Column("opened_by", String(80)),
    Column("reviewed_at", Instant),
    Column("reviewed_by", String(80)),
    Column("review", String(20)),
)
Index(
    "ix_messages_waiting",
    messages.c.node,
    sqlite_where=text("reviewed_at IS NULL"),
    postgresql_where=text("reviewed_at IS NULL"),
)
"""Voice messages; `message` is the call in which one was left, `opened_*` its first hearing."""

switches = Table(
    "switches",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(80), nullable=False),
    Column("why", String(200), nullable=False),
)
"""What a supervisor switched: it outlives the engine."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("who", String(80), nullable=False),
    Column("what", String(300), nullable=False),
)
"""Who saw whole numbers, or took something out of the ledger, and when."""

deletions = Table(
    "deletions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("company", String(40), nullable=False),
    Column("before", Instant, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("by", String(80), nullable=False),
)
"""What was forgotten because its time was over: never deleted itself."""

leases = Table(
    "leases",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("holder", String(200), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
)
"""Who alone may do a thing (`storage.leases`): `epoch` only grows; `until`, `taken_at` by the database's clock."""
