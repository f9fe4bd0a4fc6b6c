"""The broker accounts of other systems, which follow a district's events and can do nothing else."""
