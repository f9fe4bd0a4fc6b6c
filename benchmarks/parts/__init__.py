"""The processes of the benchmarks: services on the chassis, on bare nameko, and raw loops."""
