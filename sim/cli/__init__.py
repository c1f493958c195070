"""The command line: one module per command; each reads arguments, calls the pipeline, prints, sets the exit code."""
