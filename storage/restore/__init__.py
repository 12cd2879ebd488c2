"""What a start finds unfinished in the ledger, and a whole earlier run as it was recorded."""
