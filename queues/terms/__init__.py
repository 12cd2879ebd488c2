"""Words of the core: identifiers, telephone numbers, outcomes. Imports nothing of ours but `sla`."""
