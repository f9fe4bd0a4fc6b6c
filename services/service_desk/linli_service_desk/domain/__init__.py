"""The rules of the service desk in plain Python: no database, no HTTP, no libraries."""
