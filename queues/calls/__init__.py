"""The resident's call: arrival, line, offer, talk, transfer, end; the menu for whoever waits."""
