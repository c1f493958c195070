"""Satisfaction: a running value per user, moved by what it lives through, that fades towards neutral."""
