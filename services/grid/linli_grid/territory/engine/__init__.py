"""Computing with polygons and places: shapely and numpy, no database, run off the event loop."""
