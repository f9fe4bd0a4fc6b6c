"""The groups of roles that the routes of several features name."""

from __future__ import annotations

WRITERS = ("operator",)
READERS = ("grid_worker", "dispatcher", "provider", "reviewer", "evaluator", "operator")
"""All staff of the district; nothing in this service is about persons."""
