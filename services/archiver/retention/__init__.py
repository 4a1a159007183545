"""Retention: which archived frames are kept, for how long, and the deletion of the rest."""
