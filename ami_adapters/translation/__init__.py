"""The PBX's words into the core's events, and the core's commands into the PBX's actions."""
