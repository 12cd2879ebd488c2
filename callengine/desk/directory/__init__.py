"""Who lives where and how to reach them: houses, premises, residents, contractors, what a house's devices dial with.

Here stand the tables, queries, rules and pages of the directory, its search and its import. What an agent writes on a
call does not (that is `cards`), nor what he should say (that is `knowledge`); other subjects are not imported.
"""
