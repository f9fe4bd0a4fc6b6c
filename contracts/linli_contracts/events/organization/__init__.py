"""Events of the service `organization`, a module for each feature."""
