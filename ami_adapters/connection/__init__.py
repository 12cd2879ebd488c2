"""One connection to one PBX: the link, its echo and faults, who is in charge there, its trunks."""
