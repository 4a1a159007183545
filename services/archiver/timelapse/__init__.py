"""Time-lapses: videos of archived frames, rendered in the background by a process of the lowest priority."""
