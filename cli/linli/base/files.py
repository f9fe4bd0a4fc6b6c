"""Files that people write and hand over: opened and parsed, with failures that name the file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from linli.base.errors import UsageFailure
from linli.base.i18n import t


def open_file(path: Path, hint: str = "") -> io.BufferedReader:
    """A file, open for reading. Raises `UsageFailure`."""
    try:
        return path.open("rb")
    except OSError as error:
        raise cannot_read(path, error, hint or t("Give the path of an existing file.")) from error


def read_text(path: Path, hint: str = "") -> str:
    """The text of a UTF-8 file. Raises `UsageFailure`."""
    with open_file(path, hint) as file:
        try:
            return file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            hint = t("Export it once more, as UTF-8.")
            raise UsageFailure(t("{path} is not UTF-8 text.", path=str(path)), hint) from error
        except OSError as error:
            raise cannot_read(path, error, hint) from error


def load_json(path: Path, hint: str = "") -> Any:
    """The document of a JSON file. Raises `UsageFailure`."""
    text = read_text(path, hint)
    try:
        return json.loads(text)
    except ValueError as error:
        message = t("{path} is not JSON: {error}", path=str(path), error=str(error))
        raise UsageFailure(message, hint) from error


def load_yaml(path: Path, hint: str = "") -> Any:
    """The document of a YAML file. Raises `UsageFailure` with the line at fault."""
    import yaml

    with open_file(path, hint) as file:
        try:
            return yaml.safe_load(file)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else "?"
            what = getattr(error, "problem", None) or str(error)
            message = t("{path}, line {line}: not YAML: {what}", path=path, line=line, what=what)
            raise UsageFailure(message, hint) from error


def cannot_read(path: Path | str, error: Exception, hint: str = "") -> UsageFailure:
    """That a file cannot be read, in words."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return UsageFailure(t("{path} cannot be read: {error}", path=str(path), error=reason), hint)
