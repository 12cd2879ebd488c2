"""The history of calls: found by filters, one call's whole story, its recordings, what is exported.

`filters` and `story` are pure; `queries` and `one_call` read the ledger by the scope of who asks, `tables` has the
filters that people saved, `pages` carries.
"""
