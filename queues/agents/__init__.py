"""The agent's side: logged in, paused, what he is occupied with, what becomes of an offer he misses."""
