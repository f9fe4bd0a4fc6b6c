"""Counts registered requests per grid and day, and publishes what has changed.

A request counts for the day on which the resident asked, in the district's time zone. Requests
outside every grid are not counted.
"""

from linli_tally.counts.domain import DailyCount

__all__ = ["DailyCount"]
