"""The desk's own database: one file (SQLite) or one schema (PostgreSQL), which the engine never writes.

`database` gives connections, `metadata` is what every subject's tables stand on, `migrate` brings it up to date.
Nothing of any subject is known here.
"""
