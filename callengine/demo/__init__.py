"""A whole centre on one machine: real SIP phones for agents and residents, a live view. For `callengine demo`,
`make bench` and the system tests; the engine itself imports nothing of it.
"""
