"""Ids are derived from references."""

from linli_organization.ids import resource_id, unit_id


def test_ids_follow_from_district_and_reference_and_never_meet():
    ids = {
        unit_id("110101", "a"),
        unit_id("990101", "a"),
        resource_id("110101", "a"),
        unit_id("110101", "b"),
    }
    assert unit_id("110101", "a") == unit_id("110101", "a")
    assert len(ids) == 4
