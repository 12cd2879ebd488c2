"""Loading residents from a company's file: read in a child, checked as a whole, then switched on at one moment.

`reading` and `rows` run in the child and know no database; `matching` says what each row would do, `writing` does it in
small transactions that nobody sees before the last one; `loads` remembers what was loaded, `running` moves it on.
"""
