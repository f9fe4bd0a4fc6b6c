"""What became of the rows of an import: counts, refusals by their reason, and repairs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from linli.base.errors import UsageFailure
from linli.base.i18n import t
from linli.imports.rows import Refusal, Row

LINES_KEPT = 1000
GROUPS_KEPT = 1000


@dataclass
class Group:
    """Refusals for the same reason: how many, and on which lines (the first thousand)."""

    count: int = 0
    lines: list[int] = field(default_factory=list)


class Tally:
    """Counts of a running import; refused rows go to `refused_file` (line, field, reason)."""

    def __init__(self, refused_file: Path | None = None) -> None:
        self.accepted = 0
        self.unchanged = 0
        self.refused = 0
        self.repaired: list[tuple[int, str]] = []
        self.last_line = 0
        self.groups: dict[tuple[str, str], Group] = {}
        self._path = refused_file
        self._file: IO[str] | None = None

    def __enter__(self) -> Tally:
        if self._path:
            try:
                self._file = self._path.open("w", encoding="utf-8-sig", newline="")
            except OSError as error:
                message = t(
                    "{path} cannot be written: {error}",
                    path=str(self._path),
                    error=error.strerror or "",
                )
                raise UsageFailure(message) from error
            csv.writer(self._file).writerow(["line", "field", "reason"])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    @property
    def done(self) -> int:
        return self.accepted + self.unchanged + self.refused

    def refuse(self, refusal: Refusal) -> None:
        self.refused += 1
        if self._file:
            csv.writer(self._file).writerow([refusal.line, refusal.field, refusal.reason])
        key = (refusal.field, refusal.reason)
        if key not in self.groups and len(self.groups) >= GROUPS_KEPT:
            key = ("", t("further reasons"))
        group = self.groups.setdefault(key, Group())
        group.count += 1
        if len(group.lines) < LINES_KEPT:
            group.lines.append(refusal.line)

    def posted(self, batch: Sequence[Row], response: Mapping[str, Any]) -> None:
        """Count what a service did with a batch; its indexes become lines again."""
        self.accepted += int(response.get("accepted", 0))
        self.unchanged += int(response.get("unchanged", 0))
        for refused in response.get("refused", ()):
            index = int(refused["index"])
            pointed = str(refused.get("pointer") or "").removeprefix(f"/items/{index}").strip("/")
            self.refuse(Refusal(batch[index].line, pointed, str(refused.get("detail", ""))))
        for repaired in response.get("repaired", ()):
            self.repaired.append(
                (batch[int(repaired["index"])].line, str(repaired.get("detail", "")))
            )
        self.last_line = batch[-1].line

    def as_json(self) -> dict[str, Any]:
        return {
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "refusals": [
                {"field": pointed, "reason": reason, "count": group.count, "lines": group.lines}
                for (pointed, reason), group in self.groups.items()
            ],
            "repaired": [{"line": line, "detail": detail} for line, detail in self.repaired],
            "last_line": self.last_line,
        }
