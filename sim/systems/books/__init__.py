"""Books: accounts, tables and the metrics that a run answers with."""
