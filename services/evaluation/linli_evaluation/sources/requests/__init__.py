"""Requests: every event of a request and its case is stored, and folded into one fact."""
