"""What keeps the service from starting."""

import pytest
from linli_chassis.settings import BadSettings
from linli_grid.settings import GridSettings


def test_a_service_catalogue_that_cannot_be_read_is_named():
    with pytest.raises(BadSettings, match=r"LINLI_SERVICES_FILE: .*/nowhere\.yaml"):
        GridSettings.load({"LINLI_SERVICES_FILE": "/nowhere.yaml"})
