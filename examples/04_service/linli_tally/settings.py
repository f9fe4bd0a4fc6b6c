"""What the service is configured with, beside the settings that all services read."""

from __future__ import annotations

from dataclasses import dataclass

from linli_chassis.settings import Settings, setting
from linli_chassis.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class TallySettings(Settings):
    """The settings of the tally service."""

    count_imports: bool = setting(
        "LINLI_TALLY_IMPORTS",
        "bool",
        default=False,
        help="Whether requests that were imported as history are counted, too.",
    )


Uow = UnitOfWork[TallySettings]
