"""The composition root: command line, stages, log adapters, wiring."""
