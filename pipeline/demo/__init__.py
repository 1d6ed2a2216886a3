"""The demo: a small zone, its simulated traffic and cameras, and the truth beside it."""
