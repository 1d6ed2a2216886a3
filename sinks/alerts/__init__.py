"""Alerts: which events raise one, what it says, and how it reaches people and systems."""
