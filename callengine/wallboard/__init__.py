"""The board on the wall: one page, drawn by the server, pushed when something changes, honest about its own age."""
