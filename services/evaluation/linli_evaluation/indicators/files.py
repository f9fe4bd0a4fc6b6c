"""The file of definitions: the district's own, or the one that comes with this service."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from linli_evaluation.errors import BadDefinitions
from linli_evaluation.indicators.domain.definitions import Definitions
from linli_evaluation.indicators.domain.parsing import parse_definitions


@cache
def load_file(path: str | None) -> Definitions:
    """The definitions in a file, or the default ones; read once.

    Raises:
        BadDefinitions: the file cannot be read or used; says where and why.
    """
    default = resources.files("linli_evaluation.indicators") / "data" / "indicators.yaml"
    source = Path(path) if path else default
    try:
        document = yaml.safe_load(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadDefinitions(str(source), f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadDefinitions(str(source), f"is not YAML: {error}") from error
    return parse_definitions(document)
