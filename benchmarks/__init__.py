"""Workload W beside other engines, and the commands that must be quick: `make bench`."""
