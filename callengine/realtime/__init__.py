"""Today's and the last hour's figures, kept step by step from the journal and recomputed to be sure."""
