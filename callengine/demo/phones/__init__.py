"""Telephones in this process: SIP and RTP on loopback, for agents and residents."""
