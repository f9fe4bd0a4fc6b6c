"""Events of the service `grid`, a module for each feature."""
