"""The table of wishes."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from callengine.desk.data.metadata import Instant, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("wish", String(80), nullable=False, unique=True, comment="the id under which it is done once"),
    Column("kind", String(40), nullable=False),
    Column("account_id", Integer),
    Column("by", String(200), nullable=False),
    Column("company", String(60)),
    Column("agent", String(60)),
    Column("body", Text, nullable=False, comment="JSON: the line that the engine is sent"),
    Column("made_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("done", Boolean),
    Column("refusal", String(40), nullable=False, server_default=""),
    Index(None, "answered_at", "id"),
)
"""Open as long as it has no answer; the engine's answer is committed here before anything else is made of it."""
