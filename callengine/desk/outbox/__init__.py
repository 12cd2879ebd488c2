"""What people ask of the engine: a row of the desk's own commit, repeated by its id until the engine has answered."""
