"""Shared by all tests of the workspace."""

pytest_plugins = ["linli_chassis.testing.plugin"]
