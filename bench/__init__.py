"""Benchmarks, each beside a named peer or limit."""
