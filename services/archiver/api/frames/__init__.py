"""The archived frames, under `/api/camera/frames`: a module per endpoint or two."""
