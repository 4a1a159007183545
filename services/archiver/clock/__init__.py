"""This computer's clock: watching it, asking other clocks about it, and taking out what a wrong one left."""
