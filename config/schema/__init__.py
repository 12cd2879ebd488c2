"""Every key of the settings file, by table: type, unit, default, limits."""
