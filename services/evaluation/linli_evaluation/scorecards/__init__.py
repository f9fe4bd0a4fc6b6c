"""Scorecards: subjects are counted, scored and ranked by the indicators of their level.

While a period is open its scorecards are computed on each request; once it is closed they are read
as they were stored.
"""

from linli_evaluation.scorecards.commands import Published, publish_scorecards
from linli_evaluation.scorecards.tables import latest_closing, lock_period

__all__ = ["Published", "latest_closing", "lock_period", "publish_scorecards"]
