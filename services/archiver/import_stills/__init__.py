"""`python -m services.archiver.import_stills`: takes the stills of other programs into a camera's archive."""
