"""The table of topics."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from callengine.desk.data.metadata import Instant, metadata

topics = Table(
    "topics",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("key", String(40), nullable=False, unique=True, comment="what articles name it by"),
    Column("company", String(60), comment="null: of every company"),
    Column("name_ru", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("on_cards", Boolean, nullable=False, server_default="1", comment="a call can be about it"),
    Column("on_articles", Boolean, nullable=False, server_default="1", comment="an article can be about it"),
    Column(
        "each_house", Boolean, nullable=False, server_default="0", comment="on the checklist of a new house"
    ),
    Column(
        "own_article",
        Boolean,
        nullable=False,
        server_default="0",
        comment="there an article of the house itself is wanted; its company's does not do",
    ),
    Column("form", Text, nullable=False, server_default="[]", comment="JSON: typed fields of its cards"),
    Column("retired_at", Instant, comment="offered no more since"),
    Column("version", Integer, nullable=False, server_default="1"),
    Index(None, "company", "position"),
)
"""The list is data."""
