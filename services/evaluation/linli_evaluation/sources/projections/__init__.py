"""Projections: the newest state of regions, units, grids and staff that other services publish."""
