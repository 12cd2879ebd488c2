"""`callengine run`: starts, stops and reloads; chores by the clock; the service manager's signals."""
