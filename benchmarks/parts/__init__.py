"""What the benchmarks run as processes of their own: small services on the chassis, on bare nameko,
and raw loops.
"""
