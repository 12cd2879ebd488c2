"""Alembic's entry: always on a connection that the ledger hands over (storage.schema.upgrade)."""

from __future__ import annotations

from alembic import context

from storage.schema.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite alters a table by copying it.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
