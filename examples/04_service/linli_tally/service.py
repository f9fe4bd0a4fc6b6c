"""The service: its features, its name and its settings."""

from __future__ import annotations

from linli_tally.counts.routes import Counts
from linli_tally.settings import TallySettings


class TallyService(Counts):
    """Counts registered requests per grid and day."""

    name = "tally"
    settings = TallySettings
