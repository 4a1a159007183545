"""Time-lapses, under `/api/camera/timelapses`."""
