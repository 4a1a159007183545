"""The files: where frames lie, how they are written and read, and the stores that hold them."""
