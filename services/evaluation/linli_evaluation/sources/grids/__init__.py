"""Grids as a source: each with its staff, counted as it stands."""
