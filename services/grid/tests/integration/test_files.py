"""Photos: uploaded, cleaned, encrypted, attached to a request, and shown to who handles it."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from linli_grid.service import GridService
from PIL import Image

from .factories import OTHER_COMMUNITY, request

PLACE = "116.4014991"


def photo(kind="JPEG", size=(40, 20)):
    """A red picture, twice as wide as high, lying on its side, with a place in its metadata."""
    image, exif, written = Image.new("RGB", size, "red"), Image.Exif(), BytesIO()
    exif[0x0112] = 6  # turn by a quarter
    exif[0x010E] = PLACE
    image.save(written, kind, exif=exif)
    return written.getvalue()


@pytest.fixture
def grid(service, tmp_path):
    return service(GridService, LINLI_FILES_FOLDER=str(tmp_path / "files"))


def upload(grid, content, **who):
    return grid.request("POST", "/files", data=content, **{"role": "resident", **who})


def files_in(folder):
    return [path for path in Path(folder).rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_stored_encrypted_upright_and_without_its_place(grid, tmp_path, kind):
    content = photo(kind)
    assert PLACE.encode() in content
    uploaded = upload(grid, content)
    assert (uploaded.status_code, uploaded.json["media_type"]) == (201, f"image/{kind.lower()}")
    (stored,) = files_in(tmp_path / "files")
    for secret in (PLACE.encode(), b"JFIF", b"PNG", b"WEBP"):
        assert secret not in stored.read_bytes()

    body = request(photos=[uploaded.json["file_id"]])
    registered = grid.post("/requests", json=body, role="resident").json
    path = f"/requests/{registered['request_id']}"
    assert grid.get(path, role="dispatcher").json["photos"] == [uploaded.json["file_id"]]
    shown = grid.get(f"{path}/photos/{uploaded.json['file_id']}", role="dispatcher")
    assert shown.headers["Content-Type"] == f"image/{kind.lower()}"
    assert shown.headers["Content-Disposition"] == "attachment"
    assert PLACE.encode() not in shown.data
    with Image.open(BytesIO(shown.data)) as image:
        assert (image.size, dict(image.getexif())) == ((20, 40), {})


def test_a_pdf_is_kept_whole(grid):
    file_id = upload(grid, b"%PDF-1.7 made up").json["file_id"]
    registered = grid.post("/requests", json=request(photos=[file_id]), role="resident").json
    shown = grid.get(f"/requests/{registered['request_id']}/photos/{file_id}", role="dispatcher")
    assert (shown.headers["Content-Type"], shown.data) == ("application/pdf", b"%PDF-1.7 made up")


@pytest.mark.parametrize(
    "content", [b"", b"x", b"<svg/>", photo()[:200], photo().replace(b"\xff\xd8", b"MZ", 1)]
)
def test_what_is_no_photo_or_pdf_is_refused_and_not_stored(grid, tmp_path, content):
    refused = upload(grid, content)
    assert (refused.status_code, refused.json["type"]) == (422, "urn:linli:problem:unusable-file")
    assert files_in(tmp_path) == []


def test_how_large_a_file_may_be_is_a_setting_of_its_own(service, tmp_path):
    small = service(GridService, LINLI_FILES_FOLDER=str(tmp_path), LINLI_MAX_FILE_BYTES="2048")
    assert upload(small, b"%PDF-" + b"x" * 2043).status_code == 201
    assert upload(small, b"%PDF-" + b"x" * 2044).status_code == 413


def test_an_account_uploads_so_many_files_in_an_hour(service, tmp_path):
    few = service(GridService, LINLI_FILES_FOLDER=str(tmp_path), LINLI_FILES_PER_HOUR="2")
    answers = [upload(few, b"%PDF-1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].headers["Retry-After"] == "3600"
    assert upload(few, b"%PDF-1", account="another").status_code == 201


def test_without_a_folder_no_files_are_taken_and_requests_are(service):
    bare = service(GridService)
    assert upload(bare, b"%PDF-1").status_code == 503
    assert bare.post("/requests", json=request(), role="resident").status_code == 201


def test_only_files_that_the_account_uploaded_are_attached(grid):
    file_id = upload(grid, photo(), account="another").json["file_id"]
    for given in (file_id, str(uuid4())):
        refused = grid.post("/requests", json=request(photos=[given]), role="resident")
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/photos/0")
        assert "upload it at /files first" in refused.json["detail"]


def test_a_reference_in_words_is_refused_with_what_to_do(grid):
    words = request(photos=["https://photos.example/王秀英-502.jpg"])
    refused = grid.post("/requests", json=words, role="resident")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/photos/0")
    assert "upload the photo at /files" in refused.json["errors"][0]["detail"]
    assert "502" not in refused.text


def test_a_photo_is_shown_by_role_and_region_and_by_its_own_request_only(grid):
    file_id = upload(grid, photo()).json["file_id"]
    body = request(photos=[file_id])
    registered = grid.post("/requests", json=body, role="resident").json["request_id"]
    other = grid.post("/requests", json=request(), role="resident").json["request_id"]
    path = f"/requests/{registered}/photos/{file_id}"
    for who, status in (
        ({"role": "dispatcher"}, 200),
        ({"role": "dispatcher", "region": OTHER_COMMUNITY}, 403),
        ({"role": "resident"}, 403),
        ({"role": "provider"}, 403),
        ({"role": None}, 401),
    ):
        assert grid.get(path, **who).status_code == status, who
    assert grid.get(f"/requests/{other}/photos/{file_id}", role="dispatcher").status_code == 404
    assert upload(grid, photo(), role="provider").status_code == 403


def test_after_a_day_what_is_unattached_is_deleted_and_whose_the_rest_is_forgotten(grid, tmp_path):
    attached = upload(grid, photo()).json["file_id"]
    grid.post("/requests", json=request(photos=[attached]), role="resident")
    upload(grid, photo())
    grid.fire("purge_files")
    assert len(files_in(tmp_path / "files")) == 2
    now = grid.now()
    grid.now = lambda: now + timedelta(days=1, seconds=1)
    grid.fire("purge_files")
    (left,) = files_in(tmp_path / "files")
    assert left.name == attached.replace("-", "")
    with grid.unit_of_work() as uow:
        owners = uow.connection.exec_driver_sql("SELECT account_digest FROM stored_file").all()
    assert owners == [(None,)]
