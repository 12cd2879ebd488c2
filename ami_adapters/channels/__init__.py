"""Which channel is whose: what the PBX's names mean."""
