"""The mechanism of the desk's pages: routes with their rights, the gate before them, drawing, forms, files, streams.

Knows no subject: each brings its routes and its templates, `process` puts them together.
"""
