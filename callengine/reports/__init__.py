"""Reports from the ledger: one file each, no network, printable."""
