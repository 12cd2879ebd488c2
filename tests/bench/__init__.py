"""`make bench`: the engine against app_queue on one Asterisk in one run, with real SIP phones."""
