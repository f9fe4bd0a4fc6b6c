"""The organization service of Linli: regions, units and the resources they offer."""
