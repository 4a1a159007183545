"""Viewers of the lab. The healthy ones note what they get; the others misbehave."""
