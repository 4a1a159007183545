"""The archive over HTTP: what a page, a script and a cache rely on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from services.archiver.app import create_app
from services.archiver.archiver import Archiver
from services.archiver.catalog import Catalog
from services.archiver.slots import Slot
from services.archiver.storage import FrameStore
from shared.clock import Clock
from tests.archiver.support import AT, SLOT_START, row, webp_of
from tests.support.waiting import wait_until

FRAMES = "/api/camera/frames"


@pytest.fixture
def client(engine: Engine, store: FrameStore, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Archiver(engine, store, f"ipc://{tmp_path}/bus", Clock()))) as client:
        wait_until(lambda: client.get(FRAMES).status_code == 200)
        yield client


@pytest.fixture
def webp(client: TestClient, store: FrameStore, catalog: Catalog) -> bytes:
    """The one archived picture, whose id is 1."""
    del client
    webp = webp_of()
    kept = store.write("camera_1", Slot(SLOT_START, 3600), webp)
    frame = row()
    frame.path, frame.bytes, frame.sha256 = kept.path, kept.byte_count, kept.sha256
    catalog.add(frame)
    return webp


def test_a_frame_is_told_with_utc_times_and_a_relative_address(client: TestClient, webp: bytes) -> None:
    """So it works behind any gateway and in any time zone."""
    assert client.get(f"{FRAMES}/1").json() == {
        "id": 1,
        "camera": "camera_1",
        "slot_start": "2026-11-22T14:00:00Z",
        "interval_seconds": 3600,
        "captured_at": "2026-11-22T14:00:01.234567Z",
        "width": 64,
        "height": 48,
        "bytes": len(webp),
        "sha256": client.get(f"{FRAMES}/latest").json()["sha256"],
        "image_url": "/api/camera/frames/1/image",
    }


def test_the_picture_comes_with_a_name_for_caches(client: TestClient, webp: bytes) -> None:
    """It never changes; and asked for again by its name, it is not sent again."""
    frame = client.get(f"{FRAMES}/latest?camera=camera_1").json()
    answer = client.get(frame["image_url"])
    assert answer.content == webp
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["etag"] == f'"{frame["sha256"]}"'
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    for known in (answer.headers["etag"], f'"x", W/{answer.headers["etag"]}', "*"):
        again = client.get(frame["image_url"], headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert client.get(frame["image_url"], headers={"If-None-Match": '"other"'}).status_code == 200


def test_pages_lead_through_all_frames_newest_first(client: TestClient, catalog: Catalog) -> None:
    """The cursor is opaque and the last page has none."""
    for number in range(5):
        catalog.add(row(slot_start=SLOT_START + number, captured_at=AT + timedelta(seconds=number)))
    seen, cursor = [], None
    while True:
        page = client.get(FRAMES, params={"limit": "2", "camera": "camera_1", **({"cursor": cursor} if cursor else {})})
        seen += [frame["captured_at"][17:19] for frame in page.json()["frames"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == ["05", "04", "03", "02", "01"]


def test_from_is_included_and_to_is_not(client: TestClient, catalog: Catalog) -> None:
    """Stretches of time fit together without gap or overlap; any offset will do."""
    for number in range(3):
        catalog.add(row(slot_start=SLOT_START + number, captured_at=AT + timedelta(seconds=number)))
    stretch = {"from": AT.isoformat(), "to": "2026-11-22T16:00:03.234567+02:00"}
    frames = client.get(FRAMES, params=stretch).json()["frames"]
    assert [frame["captured_at"][17:19] for frame in frames] == ["02", "01"]
    assert client.get(FRAMES, params={"camera": "camera_2"}).json() == {"frames": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"{FRAMES}/99", "no archived frame 99"),
        (f"{FRAMES}/99/image", "no archived frame 99"),
        (f"{FRAMES}/99999999999999999999", "no archived frame"),
        (f"{FRAMES}/latest?camera=camera_9", "camera_9"),
    ],
)
def test_what_is_unknown_is_404_in_words(client: TestClient, path: str, words: str) -> None:
    """With what to do about it."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("camera=../etc", "camera"),
        ("camera=A", "camera"),
        ("cursor=nonsense", "cursor"),
        ("from=yesterday", "from"),
        ("from=2026-11-22T14:00:00", "from"),
        ("to=0001-01-01T00:00:00%2B14:00", "to"),
    ],
)
def test_a_bad_parameter_is_422_and_named(client: TestClient, query: str, name: str) -> None:
    """In one sentence, like every error."""
    answer = client.get(f"{FRAMES}?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"'{name}' is not valid: ")


def test_an_id_that_is_no_number_is_422(client: TestClient) -> None:
    """Named as well."""
    assert client.get(f"{FRAMES}/abc").status_code == 422


def test_a_file_that_is_gone_is_410_and_a_damaged_one_is_never_served(
    client: TestClient, webp: bytes, store: FrameStore
) -> None:
    """A picture is what its row says or it is not shown."""
    path = store.root / "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"
    path.write_bytes(webp[:-1] + b"x")
    damaged = client.get(f"{FRAMES}/1/image")
    assert (damaged.status_code, "damaged" in damaged.json()["detail"]) == (500, True)
    path.unlink()
    gone = client.get(f"{FRAMES}/1/image")
    assert (gone.status_code, "gone" in gone.json()["detail"]) == (410, True)


def test_without_its_database_the_archive_is_503_and_heals(client: TestClient, tmp_path: Path) -> None:
    """The client is told when to come again; the answer itself sets the healing going."""
    (tmp_path / "db" / "archive.db").unlink()
    answer = client.get(FRAMES)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "try again" in answer.json()["detail"]
    wait_until(lambda: client.get(FRAMES).status_code == 200)


def test_health_and_documentation_are_there(client: TestClient) -> None:
    """For orchestrators and for people."""
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "problems": []}
    assert client.get("/docs").status_code == 200
    paths = client.get("/openapi.json").json()["paths"]
    assert {path for path in paths if path.startswith("/api")} == {
        FRAMES,
        f"{FRAMES}/latest",
        f"{FRAMES}/{{frame_id}}",
        f"{FRAMES}/{{frame_id}}/image",
    }
    assert all(paths[path]["get"]["summary"] for path in paths)
