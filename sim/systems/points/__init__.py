"""Points and other programmes of a team's own: earned by what users do, spent on rewards, lost when they expire."""
