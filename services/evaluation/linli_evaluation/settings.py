"""The settings of the evaluation service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from linli_chassis.settings import BadSetting, Settings, setting
from linli_chassis.storage.unit_of_work import UnitOfWork

from linli_evaluation.errors import BadDefinitions
from linli_evaluation.indicators import Definitions, load_file

_HELP = (
    "YAML file of the district's own indicator definitions; the ones that come with the service"
    " otherwise."
)


@dataclass(frozen=True, kw_only=True)
class EvaluationSettings(Settings):
    """What the evaluation service is configured with besides the settings of every service."""

    indicators_file: str | None = setting("LINLI_INDICATORS_FILE", "str", default=None, help=_HELP)

    @property
    def definitions(self) -> Definitions:
        """The definitions that open periods are scored by."""
        return load_file(self.indicators_file)

    def check(self) -> Iterable[BadSetting]:
        """Besides what is wrong with the shared settings, what is wrong in the definitions."""
        yield from super().check()
        try:
            load_file(self.indicators_file)
        except BadDefinitions as error:
            yield BadSetting(name="LINLI_INDICATORS_FILE", wrong=str(error), help=_HELP)


Uow = UnitOfWork[EvaluationSettings]
