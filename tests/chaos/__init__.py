"""Residents call, and everything that can die dies: `make chaos`. What they were owed is audited afterwards.

The auditor believes the telephones and the ledger; the engine's own words count for nothing.
"""
