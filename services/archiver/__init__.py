"""The archiver: keeps one WebP frame per camera and slot, with its row in SQL, and serves them over HTTP."""
