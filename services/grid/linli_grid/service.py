"""The grid service: its features, put together."""

from __future__ import annotations

from linli_grid.contacts.routes import Contacts
from linli_grid.files.routes import Files
from linli_grid.history.routes import History
from linli_grid.requests.routes import Requests
from linli_grid.settings import GridSettings
from linli_grid.staffing.routes import Staffing
from linli_grid.territory.routes import Territory


class GridService(Territory, Staffing, Files, Requests, Contacts, History):
    """Grids, workers, and residents' requests up to the case."""

    name = "grid"
    settings = GridSettings
