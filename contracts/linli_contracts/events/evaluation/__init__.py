"""Events of the service `evaluation`, a module for each feature."""
