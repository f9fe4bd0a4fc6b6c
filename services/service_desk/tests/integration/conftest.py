import pytest

from .desk_under_test import DeskUnderTest


@pytest.fixture
def desk(service):
    return DeskUnderTest(service)
