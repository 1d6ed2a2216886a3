"""The demo: a small zone with simulated traffic, cameras that push pictures of it, and the truth."""
