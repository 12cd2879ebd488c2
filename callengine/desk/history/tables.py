"""Tables of the history: the filters that people saved."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint

from callengine.desk.data.metadata import Instant, metadata

saved_filters = Table(
    "saved_filters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("name", String(80), nullable=False),
    Column("query", String(2000), nullable=False, comment="of the address of /desk/calls"),
    Column("saved_at", Instant, nullable=False),
    UniqueConstraint("account_id", "name"),
)
"""Each belongs to who saved it, and to nobody else."""
