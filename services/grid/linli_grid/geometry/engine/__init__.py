"""Computing with polygons."""
