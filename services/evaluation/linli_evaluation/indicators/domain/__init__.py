"""Indicators, pure: what a definition says, and how it is read from plain YAML values."""
