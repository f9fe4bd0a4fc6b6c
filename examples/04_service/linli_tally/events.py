"""The events that the service publishes."""

from __future__ import annotations

from linli_contracts.fields import Pattern, code, count, grid
from linli_contracts.schema import EventData, event

DAY = Pattern(r"\d{4}-\d{2}-\d{2}", error="Not a day, such as 2026-03-01.")


@event(producer="tally", key="grid_code")
class DailyCountPublished(EventData):
    """The number of requests that were registered in a grid on one day has changed."""

    grid_code: str = grid("The grid.", required=True)
    day: str = code("The day in the district's time zone, YYYY-MM-DD.", required=True, validate=DAY)
    requests: int = count("Requests registered on that day so far.", required=True)
