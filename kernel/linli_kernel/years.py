"""The years that the platform takes times and periods of."""

from __future__ import annotations

from datetime import date

YEARS = range(1900, 2200)
"""Wide enough for the history of any older system; and so far from the ends of Python's and
PostgreSQL's calendars that no time zone, deadline or end of a period reaches beyond them."""


def has_year(day: date) -> bool:
    """Whether a day, or a time, lies in these years."""
    return day.year in YEARS
