"""Who may read what the service counts."""

READERS = ("evaluator", "operator", "dispatcher", "reviewer")

SCORED = ("provider", "grid_worker")
"""Who is scored may see how, within their own region or unit."""

REGIONAL = frozenset({*READERS, "grid_worker", "admin"})
"""Who sees all of their region. A provider alone sees its own unit, whatever region it has."""
