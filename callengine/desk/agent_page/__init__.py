"""The agent's page: one page for a shift, and the pop that is there before a hand can reach the receiver.

`shift` is pure; `pops` prepares what a call shows and opens its card, `live` brings all of it to open pages.
"""
