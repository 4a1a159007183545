"""Capturing: one picture for each slot of each camera, and manual captures on request."""
