"""What is learnt instead of heard: after a start or a gap, from the PBX's snapshot, its inbox and the ledger."""
