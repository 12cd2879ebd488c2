"""Who may look at the engine over the network: tokens, the browsers' sessions, and the gate before every route."""
