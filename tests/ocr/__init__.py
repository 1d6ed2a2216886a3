"""Tests of reading: images, votes, tracks, the stage."""
