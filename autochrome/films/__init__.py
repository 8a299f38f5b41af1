"""Films: index, colour, encode, join, verify."""
