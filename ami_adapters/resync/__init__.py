"""The whole look at the PBX: channels, members, inbox, read after a connection or a gap."""
