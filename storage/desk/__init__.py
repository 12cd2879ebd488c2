"""What the engine reads of the desk's database, from outside: it may be missing, locked, slow or hang; nobody waits."""
