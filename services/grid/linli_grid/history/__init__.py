"""Bringing in the requests of an older system, with the times and the outcome they had there.

Each is published as registered and verified at the time it was asked. Its id follows from district,
source and number, so that importing the same again adds nothing.
"""
