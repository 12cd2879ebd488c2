"""The control socket: how other processes of this machine ask a running engine."""
