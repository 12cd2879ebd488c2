"""An Asterisk in this process, as AMI shows it, in a recorded one's words: for soaks and simulation only."""
