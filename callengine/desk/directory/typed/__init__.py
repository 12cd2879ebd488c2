"""What people type into a search box or a cell of a table, understood: pure, no database, no clock.

Letters of the wrong layout, addresses in pieces, digits of telephones, names; and how well a street or a name fits.
House and flat numbers are compared exactly, always.
"""
