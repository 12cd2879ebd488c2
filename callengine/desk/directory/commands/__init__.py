"""Changes of the directory: each in the caller's transaction, with its row in the trail.

Every function takes the scope and refuses what it does not see; who may change at all, the route has said.
"""
