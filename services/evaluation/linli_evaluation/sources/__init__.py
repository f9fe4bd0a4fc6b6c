"""The sources: what indicators count, each folded from the events of other services.

A source is a folder with its fields, its fold and its tables: `requests` (a fact for each request,
folded from its events) and `grids` (the grids and their staff). `projections` holds what subjects
are called. A new source is a new folder and a line in `SOURCES`.
"""

from linli_evaluation.sources.domain import (
    LEVELS,
    ClosingKey,
    Contribution,
    FieldKind,
    Number,
    SourceName,
    SubjectLevel,
    level_of,
    lineage,
    parent_of,
)
from linli_evaluation.sources.grids.tables import GRIDS
from linli_evaluation.sources.projections.tables import names_of, region_of_unit
from linli_evaluation.sources.requests.tables import REQUESTS
from linli_evaluation.sources.tables import (
    Source,
    belongs_to,
    closing_columns,
    copy_rows,
    hash_of_copy,
    rows_of,
    version_of_sources,
)

SOURCES: dict[SourceName, Source] = {source.name: source for source in (REQUESTS, GRIDS)}

__all__ = [
    "LEVELS",
    "SOURCES",
    "ClosingKey",
    "Contribution",
    "FieldKind",
    "Number",
    "Source",
    "SourceName",
    "SubjectLevel",
    "belongs_to",
    "closing_columns",
    "copy_rows",
    "hash_of_copy",
    "level_of",
    "lineage",
    "names_of",
    "parent_of",
    "region_of_unit",
    "rows_of",
    "version_of_sources",
]
