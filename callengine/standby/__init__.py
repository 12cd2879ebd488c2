"""Who is in charge of a PBX, and the engine that only looks on until it may be."""
