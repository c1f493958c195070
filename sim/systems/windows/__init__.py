"""Windows: what a user did in the last N days, for any N that an expression names."""
