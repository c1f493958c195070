"""Channels: the ways by which persons become users, what each costs and whom it reaches."""
