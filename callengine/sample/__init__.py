"""`callengine sample`: Asterisk's and the monitoring's files, written to fit the settings."""
