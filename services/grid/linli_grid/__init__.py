"""The grid service of Linli: grids, their workers, and residents' requests up to the case."""
