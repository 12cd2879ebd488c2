"""Law 7: every figure shown, counted again from the ledger and held against what others know of the same calls."""
