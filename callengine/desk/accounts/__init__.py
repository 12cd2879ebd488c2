"""Pages of accounts: signing in, one's own account, everybody's, tokens of programs, the access trail, privacy.

`doorkeeper` tells the gate who comes. What is decided and kept is in `people`.
"""
