"""How a database comes to the shape of `models.py`, one revision after the other. Run by `database.upgrade`."""
