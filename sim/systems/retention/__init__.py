"""Retention and activity: who keeps the habit, who loses it, who is active today."""
