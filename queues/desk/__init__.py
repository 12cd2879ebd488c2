"""What people at the desk ask for by hand: each wish once, by its id, decided here and nowhere else, with its author.

`commands` knows the kinds and what was decided lately; `agents`, `waiting`, `owed` and `outgoing` carry them out by the
machines below (`dial_rules`: whom an agent may call). Law 6 knows these exceptions and no other: `call_give`,
`call_move`, `call_raise`, each in the journal with who wanted it.
"""
