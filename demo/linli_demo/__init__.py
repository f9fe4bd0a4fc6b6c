"""The demonstration: the sample district in motion, from a resident's request to a score."""
