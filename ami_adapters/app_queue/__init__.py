"""Asterisk's queues understood from outside: their events, members, history and log."""
