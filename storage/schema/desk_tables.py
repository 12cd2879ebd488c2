"""The ledger's tables of what people at the desk asked for by hand."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, false, text

from storage.schema.tables import Instant, metadata

_IN_FLIGHT = text("ended_at IS NULL AND NOT is_service")

desk_commands = Table(
    "desk_commands",
    metadata,
    Column("command", String(80), primary_key=True),
    Column("node", String(40), nullable=False),
    Column("at", Instant, nullable=False, index=True),
    Column("kind", String(30), nullable=False),
    Column("account", String(80), nullable=False),
    Column("by", String(80), nullable=False),
    Column("refusal", String(30)),
    Column("agent", String(40)),
    Column("call", String(150)),
    Column("queue", String(40)),
    Column("obligation", String(160)),
    Column("message", String(150)),
    Column("company", String(40)),
    Column("reason", String(200), nullable=False),
)
"""What people at the desk asked for, once each, and what was decided: `refusal` is why not, empty where it was done."""

outgoing_calls = Table(
    "outgoing_calls",
    metadata,
    Column("attempt", String(160), primary_key=True),
    Column("node", String(40), nullable=False),
    Column("command", String(80), nullable=False),
    Column("company", String(40), nullable=False),
    Column("did", String(40), nullable=False),
    Column("agent", String(40), nullable=False),
    Column("account", String(80), nullable=False),
    Column("by", String(80), nullable=False),
    Column("purpose", String(200), nullable=False),
    Column("e164", String(40), nullable=False),
    Column("made_at", Instant, nullable=False, index=True),
    Column("dialled_at", Instant),
    Column("contacted_at", Instant),
    Column("ended_at", Instant),
    Column("result", String(30)),
    Column("recording", String(300)),
    Column("recorded_seconds", Integer),
    Column("trunk", String(40)),
    Column("dial_status", String(30)),
    Column("cause", Integer),
    Column("sip_code", Integer),
    Column("rang", Boolean),
    Column("heard", Boolean),
    Column("sounds_like", String(20)),
    Column("is_service", Boolean, nullable=False, server_default=false()),
)
"""Calls that agents made by hand, each with its purpose. `e164` is what was dialled: of a service number its digits.

Law 4 is of telephones that people are called at: two agents may speak with 112 at once.
"""
Index(
    "uq_outgoing_calls_in_flight",
    outgoing_calls.c.e164,
    unique=True,
    sqlite_where=_IN_FLIGHT,
    postgresql_where=_IN_FLIGHT,
)
Index("ix_outgoing_calls_number", outgoing_calls.c.e164, outgoing_calls.c.made_at)
