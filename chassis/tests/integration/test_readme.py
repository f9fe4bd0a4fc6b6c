"""The service that the README shows works."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from linli_contracts import manifest
from linli_contracts.events.grid.requests import RequestVerified
from linli_contracts.manifest import Manifest
from linli_devkit.client import ServiceUnderTest
from linli_devkit.contracts.examples import example_event

README = Path(__file__).parents[2] / "README.md"


MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "tally_0001"
down_revision = None
branch_labels = ("tally",)
depends_on = None


def upgrade() -> None:
    op.create_table("tally", sa.Column("request_id", sa.Uuid), sa.Column("at", sa.DateTime(True)))
"""


@pytest.fixture
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest and the migration of the page's service, as if it were installed here."""
    versions = tmp_path / "shown_tally" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "shown_tally" / "__init__.py").touch()
    (versions / "0001_tally.py").write_text(MIGRATION, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    tally = Manifest(
        name="tally",
        summary="Verified requests.",
        port=8010,
        service="shown_tally:TallyService",
        settings="shown_tally:Settings",
        subscribes=(RequestVerified.event_type.name,),
    )
    monkeypatch.setattr(manifest, "installed_services", lambda: {"tally": tally})


@pytest.mark.usefixtures("_installed")
def test_the_service_of_the_readme_takes_in_answers_and_forgets(
    service: Callable[..., ServiceUnderTest],
) -> None:
    [program] = re.findall(
        r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    shown: dict[str, Any] = {"__name__": "shown"}
    exec(program, shown)  # noqa: S102  # a page of ours
    tally = service(shown["TallyService"])
    event = example_event(RequestVerified)
    tally.deliver(replace(event, time=datetime.now(UTC) - timedelta(days=2)))
    assert tally.get("/tally", role=None).json == {"count": 1}
    tally.fire("delete_old")
    assert tally.get("/tally", role=None).json == {"count": 0}
