"""The evaluation service: facts from events, scorecards from facts."""

from __future__ import annotations

from linli_evaluation.indicators.routes import Indicators
from linli_evaluation.periods.routes import Periods
from linli_evaluation.scorecards.routes import Scorecards
from linli_evaluation.settings import EvaluationSettings
from linli_evaluation.sources.projections.routes import Projections
from linli_evaluation.sources.requests.routes import Requests


class EvaluationService(Requests, Projections, Indicators, Scorecards, Periods):
    """Counts what the work itself leaves behind. Residents are never scored."""

    name = "evaluation"
    settings = EvaluationSettings
