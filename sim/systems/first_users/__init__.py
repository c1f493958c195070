"""First users: who is a user already when the run begins, and what their history says of them."""
