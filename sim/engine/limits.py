"""How large a run may be; light, so that a check of a scenario need not load the engine."""

from __future__ import annotations

MAX_HORIZON_DAYS = 36_500
"""A hundred years; a day's address has 16 bits."""

MAX_CELLS = 65_535
"""Channels times segments; a user's cell has 16 bits."""

MAX_MESSAGE_RULES = 120
"""Campaigns and rules; the rule of a user's coupon has 8 bits."""

MAX_AGENTS = 2**32 - 1
"""Agents of the market; a user's row has 32 bits."""
