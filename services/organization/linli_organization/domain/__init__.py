"""The rules of divisions, units and resources; standard library only."""
