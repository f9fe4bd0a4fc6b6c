"""The database of a service and what is kept encrypted in it."""
