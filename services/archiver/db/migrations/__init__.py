"""Bring a database to the schema of `models.py`, one revision after the other. `upgrade` in `engine.py` runs them."""
