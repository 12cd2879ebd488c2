"""A company's account: its own calls of this moment and figures of today, its reports and evidence.

`board` and `papers` are pure. Of shared agents nothing is told but how many could take its call now, and who speaks
with its resident (P20).
"""
