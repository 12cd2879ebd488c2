"""The tables, and how a database is reached and kept fit: engines, servers, pools."""
