"""Whether the tests notice when the core decides wrongly: small faults put into `queues` and `sla`, one at a time."""
