"""What people upload: kept in a folder beside the desk's database, looked at in a child, served by signed addresses.

A file belongs to something of a subject (an article) and to its company; who may see that may see the file. `kinds` and
`signing` are rules without I/O; `looking` runs in the child; `shelf` is what subjects use.
"""
