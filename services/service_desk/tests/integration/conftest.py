import pytest

from .made import Desk


@pytest.fixture
def desk(service):
    return Desk(service)
