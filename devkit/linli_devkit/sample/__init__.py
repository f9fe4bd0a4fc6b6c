"""The generator of the sample district."""
