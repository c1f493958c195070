"""Statuses and privileges: core users, tiers; who holds what, what it does while it is held, and what it costs."""
