"""A grid service with one community of four grids, and a way to register requests."""

from uuid import uuid4

import pytest
from linli_grid.service import GridService

from .factories import COMMUNITY, OTHER_COMMUNITY, region, request, tile


@pytest.fixture
def bare(service):
    """Without any region or grid."""
    return service(GridService)


@pytest.fixture
def grid(service):
    """With two communities, and four grids in the first one."""
    grid_service = service(GridService)
    grid_service.deliver(
        *(region(code) for code in ("110101", "110101001", COMMUNITY, OTHER_COMMUNITY))
    )
    answer = grid_service.post(
        "/grids/import", json={"items": [tile(number) for number in (1, 2, 3, 4)]}, role="operator"
    )
    assert answer.json["accepted"] == 4, answer.json
    return grid_service


@pytest.fixture
def register(grid):
    """Registers a request, each time for another account, and gives the answer's body."""

    def post(role="resident", **changes):
        answer = grid.post("/requests", json=request(**changes), role=role, account=str(uuid4()))
        assert answer.status_code == 201, answer.json
        return answer.json

    return post
