"""The names of subjects: regions and units as organization publishes them, grids as `grids` has."""
