"""Measurements. Each prints a table and a JSON line, with its reference taken in the same run; none is a test."""
