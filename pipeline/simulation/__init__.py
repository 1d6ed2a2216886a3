"""A zone's ordinary traffic, made up: who drives, what cameras make of it, and the truth."""
