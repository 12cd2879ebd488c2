"""The engine's ledger as the desk reads it: never written, in transactions that are short whatever happens.

`reader` opens it; what several pages ask of it is in `queries`, each row by the scope of who asks.
"""
