"""What the core remembers: calls, agents, obligations, lines, timers. Values and their stores; no rule decides here."""
