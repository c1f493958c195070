"""Profiles: what a team knows of a user beside its behaviour, such as city or age, as the scenario declares it."""
