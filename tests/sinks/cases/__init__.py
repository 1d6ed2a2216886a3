"""Tests of the life of cases."""
