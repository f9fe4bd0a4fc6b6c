"""Made-up requests for tests of the rules."""

from datetime import UTC, datetime
from uuid import UUID

from linli_grid.requests.domain import Request


def request(number=1, status="registered", **changes):
    """A resident's request without a place."""
    moment = datetime(2024, 5, 1, 8, tzinfo=UTC)
    values = {
        "request_id": UUID(int=number),
        "category": "environment.bulky_waste",
        "channel": "app",
        "priority": "normal",
        "status": status,
        "location_status": "unplaced",
        "grid_code": None,
        "longitude": None,
        "latitude": None,
        "tracking_digest": "0" * 64,
        "registered_at": moment,
        "updated_at": moment,
    }
    return Request(**{**values, **changes})
