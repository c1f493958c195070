"""Paid memberships: plans, trials, renewals, failed payments, and revenue that is recognised as time goes by."""
