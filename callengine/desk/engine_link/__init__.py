"""What the desk knows of the telephone: the engine's stream, followed, and the picture of the centre made of it.

The only place of the desk that opens the engine's socket. `picture` is pure.
"""
