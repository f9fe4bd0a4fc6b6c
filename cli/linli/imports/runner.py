"""Running one import: batches are posted in order, and importing again imports nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from linli_client.errors import ClientError, ServiceProblem
from linli_client.http import Client

from linli.base.errors import Failure
from linli.base.explain import as_failure
from linli.base.i18n import t
from linli.imports.batches import batches
from linli.imports.kinds import Kind
from linli.imports.rows import Refusal, Row, Source
from linli.imports.tally import Tally

Progress = Callable[[int], None]


def run_import(
    kind: Kind, source: Source, client: Client | None, tally: Tally, progress: Progress
) -> None:
    """Post every row of `source`; without a client, only read and check them.

    Args:
        tally: counts as it goes on, so that it is right even when this ends early.
        progress: called with the bytes of the file that are done, after each batch.
    Raises:
        Failure: a service refused a whole batch or was away for too long; the hint names the line
            to resume from.
    """
    for batch in batches(source.stream, tally.refuse):
        try:
            if client is None:
                tally.posted(batch, {"accepted": len(batch)})
            elif kind.single:
                _put_each(kind, batch, client, tally)
            else:
                items = [row.item for row in batch]
                tally.posted(
                    batch, client.post(kind.service, kind.path, {**source.body, "items": items})
                )
        except (Failure, ClientError) as error:
            failure = as_failure(error)
            resume = t(
                "What came before is in. To go on, run the same command again; "
                "--from-line {line} skips what is done.",
                line=batch[0].line,
            )
            failure.hint = f"{failure.hint} {resume}".strip()
            raise failure from error
        progress(batch[-1].position)
    progress(source.size)


def _put_each(kind: Kind, batch: Sequence[Row], client: Client, tally: Tally) -> None:
    assert kind.single  # noqa: S101  # the caller has looked
    for row in batch:
        path, body = kind.single(row)
        try:
            response = client.call("PUT", kind.service, path, body=body) or {}
        except ServiceProblem as problem:
            if problem.status not in (404, 409, 422):
                raise
            pointer = str(problem.problem.get("pointer") or "")
            tally.refuse(Refusal(row.line, pointer, as_failure(problem).message))
            continue
        unchanged = response.get("unchanged") is True
        tally.posted([row], {"unchanged": 1} if unchanged else {"accepted": 1})
