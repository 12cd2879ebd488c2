"""Questions to the ledger: figures, intervals, evidence, obligations, messages. They only read."""
