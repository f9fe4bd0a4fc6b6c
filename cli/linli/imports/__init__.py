"""Importing a district's existing data (divisions, grids, units, history) over HTTP."""
