"""Retention: which frames expire and when, the forecast of that, and the cleaner that deletes them."""
