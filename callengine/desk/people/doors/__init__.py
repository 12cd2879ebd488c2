"""How it is known who comes: passwords, second factor, sessions, tokens of programs, and how often may be tried."""
