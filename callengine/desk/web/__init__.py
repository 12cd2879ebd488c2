"""The desk's HTTP: routes that carry and decide nothing. May ask every subject of the desk; none imports it."""
