"""Keeps files and rows true to each other: checks all of them, renames and forgets cameras."""
