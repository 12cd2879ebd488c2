"""Who listens to the journal and tells others: the queue_log, the log's warnings, the ledger's health."""
