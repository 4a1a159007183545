"""The files: their paths, how frames are written and read, and the stores that hold them."""
