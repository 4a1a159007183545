"""Measurements, not tests. Each prints a table and a line of JSON, and measures its reference in the same run."""
