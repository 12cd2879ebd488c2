"""What every process of ours needs: the clock, logs, sockets, the ledger at hand. No word of the domain."""
