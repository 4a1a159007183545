"""The check-up: what works and what does not, in words, from facts that somebody else gathered. Pure: asks nobody."""
