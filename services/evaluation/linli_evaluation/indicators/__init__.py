"""Indicators: what is counted, when, and what it earns, defined as data.

The definitions come from YAML (`data/indicators.yaml` or the district's own file), are checked
whole, and turn into SQL expressions over the columns of the sources.
"""

from linli_evaluation.indicators.domain.definitions import (
    Curve,
    Definitions,
    Grade,
    Indicator,
)
from linli_evaluation.indicators.queries import counts_row, load_file, measures, share
from linli_evaluation.indicators.tables import load_stored, store_definitions

__all__ = [
    "Curve",
    "Definitions",
    "Grade",
    "Indicator",
    "counts_row",
    "load_file",
    "load_stored",
    "measures",
    "share",
    "store_definitions",
]
