"""The archive over HTTP: `frames/`, `timelapses/` and `upkeep/` (retention and status)."""
