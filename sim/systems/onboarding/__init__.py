"""Onboarding: the named steps from a first visit to a first order."""
