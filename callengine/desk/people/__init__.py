"""Who works at the desk and what each may: roles, rights, the scope of every query, the access trail.

No HTTP is here: `web` brings requests, `accounts` shows pages.
"""
