"""The clock, the people and their luck: mechanisms that know no system of the model."""
