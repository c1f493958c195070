"""Stages: phases of a policy, each entered on a date or when what the team sees fulfils a condition."""
