"""HTTP: the door, who may enter, the API."""
