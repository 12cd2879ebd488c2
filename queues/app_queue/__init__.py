"""What Asterisk's own queues do: calls watched there, the fallback queue and its members, the way back from it."""
