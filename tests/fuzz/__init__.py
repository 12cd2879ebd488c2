"""Inputs that nobody meant: seeded, repeatable, kept when they broke something. `python -m tests.fuzz --help`."""
