"""The events of the platform: a package for each producing service, a module for each feature."""
