"""Whoever was missed is owed a contact: obligations, their due times, attempts, and the verdict."""
