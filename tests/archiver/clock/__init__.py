"""Tests of the clock: in doubt, watched, and what a wrong one left."""
