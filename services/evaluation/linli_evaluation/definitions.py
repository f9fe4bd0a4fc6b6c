"""The indicator definitions of a district: its own YAML file, or the ones that come with this
service.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from linli_evaluation.domain import definitions
from linli_evaluation.domain.errors import BadDefinitions
from linli_evaluation.domain.indicators import Definitions


@cache
def load_file(path: str | None) -> Definitions:
    """The definitions in a file, or the default ones; read once.

    Raises:
        BadDefinitions: the file cannot be read or used; says where and why.
    """
    source = (
        Path(path) if path else resources.files("linli_evaluation") / "data" / "indicators.yaml"
    )
    try:
        document = yaml.safe_load(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadDefinitions(str(source), f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadDefinitions(str(source), f"is not YAML: {error}") from error
    return definitions.load(document)
