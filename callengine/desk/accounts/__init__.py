"""Pages of accounts: signing in, one's own sessions, everybody's accounts, the access trail."""
