"""The settings of services that read the service catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from linli_contracts.service_catalogue import BadServiceCatalogue, services_of

from linli_chassis.environment import declared_settings
from linli_chassis.settings import BadSetting, Settings, setting


@dataclass(frozen=True, kw_only=True)
class CatalogueSettings(Settings):
    """The base of their settings."""

    services_file: str | None = setting(
        "LINLI_SERVICES_FILE",
        "str",
        default=None,
        help="The district's own service catalogue (YAML). "
        "Without it the default catalogue is used.",
    )

    def check(self) -> Iterable[BadSetting]:
        """Also that the catalogue can be read; with a bad one no service starts."""
        yield from super().check()
        try:
            services_of(self.services_file)
        except (OSError, BadServiceCatalogue) as error:
            yield declared_settings(type(self))["services_file"].bad(str(error))
