"""`make walk`: one real call, followed from file to file, as a reader of the code must follow it."""
