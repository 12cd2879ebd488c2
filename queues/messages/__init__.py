"""What goes in and comes out: events and snapshots in, commands and journal out. Values, no rules."""
