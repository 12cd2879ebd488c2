"""The HTTP API's operations and their description."""
