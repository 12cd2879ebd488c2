"""The parts of provision.py: standard library only."""
