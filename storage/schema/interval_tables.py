"""Sums by quarter of an hour, so that a report need not read the calls. Every one can be made again from them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table

from queues.messages.journal import AgentState
from storage.schema.interval_columns import COUNT_COLUMNS, TIME_COLUMNS
from storage.schema.tables import Instant, metadata

call_quarters = Table(
    "call_quarters",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("quarter", Instant, primary_key=True, autoincrement=False),
    Column("queue", String(40), primary_key=True),
    Column("company", String(40), primary_key=True),
    *(Column(name, Integer, nullable=False) for name in COUNT_COLUMNS),
    *(Column(name, BigInteger, nullable=False) for name in TIME_COLUMNS),
    sqlite_with_rowid=False,
)
"""Calls that arrived within 15 minutes from `quarter`, by queue and company: `storage.schema.interval_columns`."""

queue_quarters = Table(
    "queue_quarters",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("quarter", Instant, primary_key=True, autoincrement=False),
    Column("queue", String(40), primary_key=True),
    *(Column(name, Integer, nullable=False) for name in COUNT_COLUMNS),
    *(Column(name, BigInteger, nullable=False) for name in TIME_COLUMNS),
    sqlite_with_rowid=False,
)
"""`call_quarters` of all companies together: a report of the whole centre reads one row instead of one for each."""

BOOKED_STATES = tuple(state for state in AgentState if state is not AgentState.LOGGED_OUT)

agent_quarters = Table(
    "agent_quarters",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("quarter", Instant, primary_key=True, autoincrement=False),
    Column("agent", String(40), primary_key=True),
    Column("conversations", Integer, nullable=False),
    *(Column(f"{state.value}_us", BigInteger, nullable=False) for state in BOOKED_STATES),
    sqlite_with_rowid=False,
)
"""How an agent spent these 15 minutes, and how many conversations he began in them, callbacks included."""

agent_clocks = Table(
    "agent_clocks",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("agent", String(40), primary_key=True),
    Column("state", String(30), nullable=False),
    Column("since", Instant, nullable=False),
    Column("call", String(150)),
)
"""What each agent does, since when it is not summed yet, and with whom he spoke last (NULL: whom he called back)."""

rollup_marks = Table(
    "rollup_marks",
    metadata,
    Column("node", String(40), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("blind", Boolean, nullable=False),
)
"""Up to which decision agents' time is summed, and whether the link to the PBX was down then."""
