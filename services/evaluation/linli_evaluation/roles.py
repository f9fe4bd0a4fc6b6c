"""Who may read what the service counts."""

READERS = ("evaluator", "operator", "dispatcher", "reviewer")

SCORED = ("provider", "grid_worker")
"""Who is scored may see how, within their own region or unit."""
