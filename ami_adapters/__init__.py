"""Everything that speaks AMI, Asterisk's manager interface."""
