"""What calls and articles are about: one list, changed by editors; and which topics each house must have known.

A topic of no company is everybody's. None is ever deleted: one that is retired is offered no more, and cards and
articles that have it keep it.
"""
