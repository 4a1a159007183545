"""Time-lapses: videos of the archive's frames, rendered in the background by a process of the lowest priority."""
