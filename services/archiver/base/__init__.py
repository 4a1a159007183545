"""The lowest room: what all other rooms of the archiver use, and what imports none of them."""
