"""Content: some users make it, it ages, and users stay for what is there."""
