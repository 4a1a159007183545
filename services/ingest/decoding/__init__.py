"""From access units to pictures."""
