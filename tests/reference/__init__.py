"""`make reference`: docs/reference written from the code itself; tests/architecture/test_reference.py holds it."""
