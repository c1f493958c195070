"""Seasons and campaigns: weekdays, holidays and dated activities."""
