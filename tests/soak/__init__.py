"""A simulated Asterisk in the words of the recorded one, and so many calls that whatever grows is seen: `make soak`."""
