"""Time-lapses over HTTP."""
