"""Rules: when, who, do, limits; the first kind is recall."""
