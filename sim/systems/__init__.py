"""One room per system of the model: its part of the schema, its plan, its day, its metrics."""
