"""The adapters of the log."""
