"""Servers and settings that a zone on many machines is run with."""
