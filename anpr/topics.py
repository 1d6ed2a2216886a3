"""The topics of the line and their names."""

FRAMES = "frames"
READS = "reads"
PASSAGES = "passages"
EVENTS = "events"
HEARTBEATS = "heartbeats"
CONTROLS = "controls"
DEAD_LETTERS = "dead-letters"
