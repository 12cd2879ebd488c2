"""Decisions into rows: wire names, codec, projection and the order of statements."""
