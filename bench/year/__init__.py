"""A year of a zone's traffic, put straight into a store: what questions are measured on."""
