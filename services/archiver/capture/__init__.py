"""Taking pictures: when a slot begins, or when a person asks."""
