"""Arithmetic of promises and time. Pure, standard library only."""
