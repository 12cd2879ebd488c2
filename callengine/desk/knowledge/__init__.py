"""The knowledge base: what is known of companies and houses, who has read it, what is missing.

`text`, `words`, `versions` are rules without a database; `queries` and `commands` are the two sides of the tables;
`pages` show them. `topics` is the list of what calls and articles are about. Nothing of the telephone is here.
"""
