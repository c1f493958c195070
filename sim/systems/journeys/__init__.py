"""Journeys: the steps on which users go on, at touchpoints of the team, within a day or over months."""
