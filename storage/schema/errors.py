"""What can go wrong with the ledger."""

from __future__ import annotations


class LedgerError(Exception):
    """The ledger cannot be used; the text says why, without any password."""


class LedgerAway(LedgerError):
    """The database does not answer now; it may later."""


class DatabaseUnreachable(LedgerAway, ConnectionError):
    """No server of the database is there that does what is wanted of it; the text says of each why."""


class SpoolFull(OSError):
    """The spool has reached the limit that the settings gave it."""


class UnknownRevision(LedgerError):
    """A newer version has migrated the database."""


class OlderSchema(LedgerError):
    """An older version made the database; `callengine db upgrade` has not been run yet."""
