import pytest
import sqlalchemy as sa

from .factories import COMMUNITY, OTHER_COMMUNITY

CONTACT = {"name": "王秀英", "phone": "13800138000"}
WHY = {"reason": "site_visit", "words": "上门前联系"}


def accesses(grid):
    with grid.unit_of_work() as uow:
        return uow.connection.execute(sa.text("SELECT * FROM contact_access")).mappings().all()


def test_the_contact_is_given_for_a_reason_and_who_read_it_is_kept(grid, register):
    registered = register(contact=CONTACT, consent=True)
    path = f"/requests/{registered['request_id']}/contact"
    answer = grid.post(
        path, json=WHY, role="grid_worker", region=registered["grid_code"], account="worker-7"
    )
    assert answer.json["contact"] == CONTACT
    assert answer.json["description"].startswith("楼道里")
    (row,) = accesses(grid)
    assert (row["account"], row["reason"], str(row["request_id"])) == (
        "worker-7",
        "site_visit",
        registered["request_id"],
    )
    assert row["accessed_at"].tzinfo is not None
    assert WHY["words"] not in row["words"]


@pytest.mark.parametrize(
    ("why", "who", "status"),
    [
        ({}, {"role": "dispatcher"}, 422),
        ({"reason": "site_visit"}, {"role": "dispatcher"}, 422),
        ({"reason": "site_visit", "words": ""}, {"role": "dispatcher"}, 422),
        ({"reason": "site_visit", "words": " "}, {"role": "dispatcher"}, 422),
        ({"reason": "site_visit", "words": "\u3000\u00a0"}, {"role": "dispatcher"}, 422),
        ({"reason": "curious", "words": "x"}, {"role": "dispatcher"}, 422),
        (WHY, {"role": "resident"}, 403),
        (WHY, {"role": "provider"}, 403),
        (WHY, {"role": None}, 401),
        (WHY, {"role": "grid_worker", "region": f"{COMMUNITY}002"}, 403),
    ],
)
def test_without_reason_role_or_region_no_contact_is_given_and_nothing_recorded(
    grid, register, why, who, status
):
    registered = register(contact=CONTACT, consent=True)
    path = f"/requests/{registered['request_id']}/contact"
    assert grid.post(path, json=why, **who).status_code == status
    assert accesses(grid) == []


def test_a_reason_in_an_address_is_refused_with_the_method_to_use(grid, register):
    path = f"/requests/{register()['request_id']}/contact?reason=x"
    answer = grid.get(path, role="dispatcher")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert accesses(grid) == []


def test_an_anonymous_request_has_words_and_no_contact(grid, register):
    path = f"/requests/{register()['request_id']}/contact"
    answer = grid.post(path, json=WHY, role="dispatcher").json
    assert answer["contact"] is None
    assert answer["description"]


def test_admins_of_the_region_read_who_read_contacts_in_pages(grid, register):
    first, second = register()["request_id"], register()["request_id"]
    for request_id, account in ((first, "a"), (second, "b"), (first, "b")):
        grid.post(f"/requests/{request_id}/contact", json=WHY, role="dispatcher", account=account)
    page = grid.get("/contact-accesses?limit=2").json
    rest = grid.get(f"/contact-accesses?limit=2&cursor={page['next']}").json
    shown = [*page["items"], *rest["items"]]
    assert rest["next"] is None
    assert [(item["request_id"], item["account"]) for item in shown] == [
        (first, "b"),
        (second, "b"),
        (first, "a"),
    ]
    assert {(item["reason"], item["words"]) for item in shown} == {tuple(WHY.values())}
    of_first = grid.get(f"/contact-accesses?request_id={first}&account=a").json["items"]
    assert [item["account"] for item in of_first] == ["a"]


def test_nobody_else_reads_who_read_contacts(grid, register):
    grid.post(f"/requests/{register()['request_id']}/contact", json=WHY, role="dispatcher")
    assert grid.get("/contact-accesses", region=OTHER_COMMUNITY).json["items"] == []
    assert len(grid.get("/contact-accesses", region=COMMUNITY).json["items"]) == 1
    for role in ("dispatcher", "grid_worker", "reviewer", "operator", "resident"):
        assert grid.get("/contact-accesses", role=role).status_code == 403
    assert grid.get("/contact-accesses", region="990101").status_code == 403
    assert grid.get("/contact-accesses?cursor=WyJ4Il0").status_code == 422


def test_a_consent_is_kept_with_the_version_of_its_text(grid, register):
    given = register(contact=CONTACT, consent=True)["request_id"]
    other = register(contact=CONTACT, consent=True, consent_text="v2026.11")["request_id"]
    none = register()["request_id"]
    shown = [grid.get(f"/requests/{each}", role="dispatcher").json for each in (given, other, none)]
    assert [each["consent_text"] for each in shown] == ["1", "v2026.11", None]
    assert [each["consent_at"] == each["registered_at"] for each in shown] == [True, True, False]


def test_a_consent_is_withdrawn_by_the_code_and_the_contact_erased(grid, register):
    registered = register(contact=CONTACT, consent=True)
    path = f"/tracking/{registered['tracking_code']}/withdraw-consent"
    assert grid.post(path, role=None).json["request_id"] == registered["request_id"]
    shown = grid.get(f"/requests/{registered['request_id']}", role="dispatcher").json
    assert shown["consent_at"] < shown["consent_withdrawn_at"]
    read = grid.post(f"/requests/{registered['request_id']}/contact", json=WHY, role="dispatcher")
    assert read.json["contact"] is None
    assert grid.post(path, role=None).status_code == 200
    again = grid.get(f"/requests/{registered['request_id']}", role="dispatcher").json
    assert again["consent_withdrawn_at"] == shown["consent_withdrawn_at"]


def test_a_consent_that_was_not_given_is_not_withdrawn(grid, register):
    path = f"/tracking/{register()['tracking_code']}/withdraw-consent"
    assert grid.post(path, role=None).status_code == 409
    assert grid.post("/tracking/0000-0000/withdraw-consent", role=None).status_code == 404
