"""Delivery: packages to their receivers, what these say of them, and what is missing."""
