"""Orders: how often users buy, for how much, and what is left of it."""
