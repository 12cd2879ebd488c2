"""What a start finds unfinished in the ledger."""
