"""Shared by all tests of the workspace."""

pytest_plugins = ["linli_devkit.plugin"]
