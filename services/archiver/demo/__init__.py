"""A made-up archive: months of a plant that grows on a window sill, for trying out all that an archive is good for."""
