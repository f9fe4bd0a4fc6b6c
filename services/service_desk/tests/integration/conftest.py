import pytest
from linli_chassis.process.worker_process import find_function
from linli_service_desk.matching import commands

from .desk_under_test import DeskUnderTest


@pytest.fixture(autouse=True)
def matching_in_this_process(monkeypatch):
    """Rounds start no process, which would take a second each; those who need one undo it."""

    def run(work, *args, seconds):
        assert 0 < seconds <= 60
        return find_function(work)(*args)

    monkeypatch.setattr(commands, "run_in_process", run)


@pytest.fixture
def desk(service):
    return DeskUnderTest(service)
