"""Audiences: named conditions, layers and measures over what a team knows of its users; and who is in them."""
