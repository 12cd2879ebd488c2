"""`callengine check`: what would keep a centre from working, each finding with its place and remedy."""
