"""Grids and their staff: the newest state of each, in whatever order its events come."""
