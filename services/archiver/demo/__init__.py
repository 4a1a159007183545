"""A made-up archive: months of a plant that grows on a window sill, to try out everything on it."""
