"""The composition root: the loop, the command line, HTTP, metrics, logs and the one clock."""
