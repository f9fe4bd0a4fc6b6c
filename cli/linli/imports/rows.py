"""What an import reads: rows with the line they stand on, or the reason a row cannot be taken."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from linli.base.errors import UsageFailure
from linli.base.files import open_file
from linli.base.i18n import t

if TYPE_CHECKING:
    from _csv import Reader as CsvReader


@dataclass(frozen=True)
class Row:
    """One thing to import. `line` is its first line in a CSV file, or its number in a GeoJSON file,
    from 1.

    `position` is how many bytes of the file had been read by then, for the progress bar.
    """

    line: int
    item: dict[str, Any]
    position: int = 0


@dataclass(frozen=True)
class Refusal:
    """A row that cannot be taken: where it stands, which field, and why."""

    line: int
    field: str
    reason: str


Stream: TypeAlias = Iterator[Row | Refusal]
RowReader: TypeAlias = Callable[[dict[str, str]], dict[str, Any]]


class RowRefused(Exception):
    """Raised while reading one row: the field at fault and why, in the reader's language."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class Source:
    """A file to import: its size in bytes, and a stream of its rows that is read once.

    `body` is what stands beside `items` in the body of every batch.
    """

    size: int
    stream: Stream
    body: dict[str, Any] = field(default_factory=dict)


class CsvTable:
    """A CSV file with a header line, read row by row: never more than one row in memory.

    Raises:
        UsageFailure: on opening, if there is no header; while reading, if the text is in another
            encoding.
    """

    def __init__(self, path: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> None:
        self.path = path
        self.encoding = encoding
        self.delimiter = delimiter
        with self._opened() as opened:
            self.size = path.stat().st_size
            self.columns = [column.strip() for column in self._next(opened) or []]
        if not any(self.columns):
            raise UsageFailure(
                t("{path} is empty: its first line must name the columns.", path=str(path))
            )
        doubled = sorted({column for column in self.columns if self.columns.count(column) > 1})
        if doubled:
            raise UsageFailure(
                t(
                    "{path} names columns twice: {columns}",
                    path=str(path),
                    columns=", ".join(doubled),
                )
            )

    def need(self, columns: Sequence[str]) -> None:
        """Raise `UsageFailure` unless the file has all these columns."""
        missing = [column for column in columns if column not in self.columns]
        if missing:
            raise UsageFailure(
                t(
                    "{path} has no column {columns}.",
                    path=str(self.path),
                    columns=", ".join(missing),
                ),
                t("Its columns are: {columns}", columns=", ".join(self.columns)),
            )

    def rows(self, to_item: RowReader, from_line: int = 1) -> Stream:
        """Every row as what `to_item` makes of it; `RowRefused` becomes a `Refusal`."""
        with self._opened() as opened:
            self._next(opened)
            while True:
                line = opened.reader.line_num + 1
                try:
                    values = self._next(opened)
                except csv.Error as error:
                    yield Refusal(line, "", t("Not readable as CSV: {error}", error=str(error)))
                    continue
                if values is None:
                    return
                if values and line >= from_line:
                    yield self._row(line, values, to_item, opened.binary.tell())

    def _row(
        self, line: int, values: list[str], to_item: RowReader, position: int
    ) -> Row | Refusal:
        if len(values) != len(self.columns):
            counts = {"found": len(values), "expected": len(self.columns)}
            return Refusal(
                line, "", t("{found} values, but the header names {expected} columns.", **counts)
            )
        try:
            item = to_item(
                {column: value.strip() for column, value in zip(self.columns, values, strict=True)}
            )
        except RowRefused as refused:
            return Refusal(line, refused.field, refused.reason)
        return Row(line, item, position)

    @contextmanager
    def _opened(self) -> Iterator[_Opened]:
        with open_file(self.path) as binary:
            try:
                text = io.TextIOWrapper(binary, encoding=self.encoding, newline="")
            except LookupError as error:
                raise UsageFailure(
                    t("There is no encoding {name}.", name=repr(self.encoding))
                ) from error
            with text:
                yield _Opened(binary, csv.reader(text, delimiter=self.delimiter))

    def _next(self, opened: _Opened) -> list[str] | None:
        try:
            return next(opened.reader, None)
        except UnicodeDecodeError as error:
            what = {
                "path": str(self.path),
                "encoding": self.encoding,
                "line": opened.reader.line_num + 1,
            }
            raise UsageFailure(
                t("{path} is not {encoding} text (near line {line}).", **what),
                t("Name the encoding with --encoding, for example --encoding gb18030."),
            ) from error


@dataclass(frozen=True)
class _Opened:
    """An open CSV file: its bytes, for how far we are, and its rows."""

    binary: io.BufferedReader
    reader: CsvReader
