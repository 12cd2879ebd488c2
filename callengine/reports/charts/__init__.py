"""Pictures in reports: inline SVG, printable, no script."""
