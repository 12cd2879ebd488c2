"""The door before everything that is spoken over HTTP: whoever stands at it, the calls go on."""
