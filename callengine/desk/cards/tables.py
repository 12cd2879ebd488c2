"""Tables of what is written on calls."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from callengine.desk.data.metadata import Instant, metadata

_KEY = BigInteger().with_variant(Integer(), "sqlite")
_COMPANY, _NUMBER = String(60), String(20)

cards = Table(
    "cards",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("company", _COMPANY, nullable=False),
    Column("kind", String(20), nullable=False, comment="incoming, callback or dialled"),
    Column("call", String(120), nullable=False, comment="the engine's call, callback or dial"),
    Column("agent", String(60), nullable=False, comment="whose card it is"),
    Column("number", _NUMBER, nullable=False, server_default="", comment="empty: withheld"),
    Column("line", String(200), nullable=False, server_default=""),
    Column("purpose", String(300), nullable=False, server_default="", comment="why it was dialled"),
    Column("opened_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("ended_at", Instant),
    Column("house_id", _KEY),
    Column("premises_id", _KEY),
    Column("resident_id", _KEY),
    Column("place", String(300), nullable=False, server_default="", comment="as it was called then"),
    Column("checked_at", Instant, comment="when the agent had made sure who it is"),
    Column("topic_id", _KEY),
    Column("answers", Text, nullable=False, server_default="{}", comment="JSON: the topic's typed fields"),
    Column("note", Text, nullable=False, server_default=""),
    Column("settled", Boolean, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("written", Text, nullable=False, server_default="{}", comment="JSON: who wrote each field last"),
    Column("changed_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", String(200)),
    UniqueConstraint("call", "agent"),
    Index(None, "agent", "opened_at"),
    Index(None, "closed_at", "agent"),
    Index(None, "company", "opened_at"),
    Index(None, "company", "number", "opened_at"),
    Index(None, "premises_id", "opened_at"),
)
"""One for each conversation of each agent; what is typed stands here from the second it is typed."""

nuisance_marks = Table(
    "nuisance_marks",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("client_id", String(60), unique=True),
    Column("company", _COMPANY, nullable=False),
    Column("number", _NUMBER, nullable=False),
    Column("reason", String(300), nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", String(200), nullable=False),
    Column("until", Instant, nullable=False),
    Column("lifted_at", Instant),
    Index(None, "company", "number"),
)
"""Callers who harm others by calling: for a time, with a reason, by a supervisor."""

shift_notes = Table(
    "shift_notes",
    metadata,
    Column("id", _KEY, primary_key=True),
    Column("client_id", String(60), unique=True),
    Column("company", _COMPANY, comment="null: about no company"),
    Column("written_at", Instant, nullable=False),
    Column("written_by", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Index(None, "written_at"),
)
"""What one shift tells the next."""

taken_over = Table(
    "taken_over",
    metadata,
    Column("thing", String(160), primary_key=True, comment="kind:id"),
    Column("taken_at", Instant, nullable=False),
    Column("taken_by", String(200), nullable=False),
    Column("account_id", Integer),
)
"""What of the open work somebody took over by name."""
