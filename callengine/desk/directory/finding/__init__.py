"""Finding houses, premises and residents by what somebody typed: the words in memory, the records by index.

What a word may mean is computed from the rows that the scope sees, and from no others.
"""
