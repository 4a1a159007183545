"""From the bus to the viewers: the hot path."""
