"""A whole desk with everybody's pages, empty or as full as a centre's gets: for looking at every page."""
