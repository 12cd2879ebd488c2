"""Tables of the people at the desk."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from callengine.desk.data.metadata import Instant, metadata

trail = Table(
    "trail",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("account_id", Integer, comment="null: the program itself"),
    Column("account_name", String(200), nullable=False, comment="as it was then"),
    Column("action", String(60), nullable=False, comment="looked, changed, exported, heard, …"),
    Column("subject_kind", String(60), nullable=False),
    Column("subject_id", String(120), nullable=False),
    Column("company", String(60)),
    Column("before", Text, comment="JSON of the fields that changed"),
    Column("after", Text, comment="the same"),
    Index(None, "at"),
    Index(None, "subject_kind", "subject_id", "at"),
    Index(None, "account_id", "at"),
)
"""Who looked at whom, and who changed what."""
