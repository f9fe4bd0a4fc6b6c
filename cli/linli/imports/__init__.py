"""Bringing what a district already has (divisions, grids, units, history) into the platform, over
HTTP.
"""
