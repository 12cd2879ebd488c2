"""Settings: one TOML file, checked whole, turned into the core's policies."""
