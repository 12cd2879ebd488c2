"""The writer and what it survives: the file beside the database, the checkpoint, the replica that answers meanwhile."""
