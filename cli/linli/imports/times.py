"""Local times of another system, read into UTC.

Where clocks go back, an hour comes twice: the earlier one is meant (fold 0), unless an end would
then lie before its beginning and the later one would not. Where clocks go forward, an hour does not
exist: a row that names it is refused, for such a time is an error of the source or of the
`time_zone` in the mapping.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from linli.base.i18n import t
from linli.imports.mapping_schema import ISO


class BadTime(ValueError):
    """A text that is no time; says why in the reader's language."""


def read_time(text: str, time_format: str, zone: ZoneInfo) -> datetime:
    """The time as written: aware in `zone`, or with the offset it gives itself.

    Raises:
        BadTime: not of the format, or not on any clock of `zone`.
    """
    try:
        if time_format == ISO:
            read = datetime.fromisoformat(text)
        else:
            read = datetime.strptime(text, time_format)  # noqa: DTZ007  # in `zone`, see below
    except ValueError:
        expected = "2026-11-22T08:30:00" if time_format == ISO else time_format
        raise BadTime(
            t("{text} is no time of the format {expected}", text=repr(text), expected=expected)
        ) from None
    return read if read.tzinfo is not None else _on_clock(read, text, zone)


def _on_clock(read: datetime, text: str, zone: ZoneInfo) -> datetime:
    """A naive time as that of `zone`. Raises `BadTime` for an hour that did not exist there."""
    local = read.replace(tzinfo=zone)
    try:
        back = local.astimezone(UTC).astimezone(zone)
    except OverflowError:
        raise BadTime(t("{text} is too far away", text=repr(text))) from None
    if back.replace(tzinfo=None) != read:
        raise BadTime(
            t(
                "{text} was on no clock of {zone}: clocks went forward",
                text=repr(text),
                zone=zone.key,
            )
        )
    return local


def end_after(registered: datetime, ended: datetime) -> datetime:
    """`ended`, as the later of two equal local times where only that lies after `registered`.

    Raises:
        BadTime: it ended before it was registered.
    """
    if _utc(ended) >= _utc(registered):
        return ended
    later = ended.replace(fold=1)
    if _utc(later) >= _utc(registered):
        return later
    raise BadTime(
        t(
            "it ended ({ended}) before it was registered ({registered})",
            ended=ended.isoformat(" "),
            registered=registered.isoformat(" "),
        )
    )


def utc_text(moment: datetime) -> str:
    """An aware time as the HTTP interface takes it."""
    return _utc(moment).isoformat()


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
