"""The archive over HTTP: what a page, a script and a cache rely on."""

import io
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import Engine

from services.archiver.app import create_app
from services.archiver.db.engine import writing
from services.archiver.db.frame_query import Cursor
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapRows
from services.archiver.db.intervals import Missed, Stretch
from services.archiver.db.models import ArchivedFrame, ArchiveGap
from services.archiver.db.slot_report import SlotReport
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import FrameName, thumbnail_path_of
from services.archiver.files.store import FrameStore
from services.archiver.service import Archiver
from shared.clock import Clock
from tests.archiver.support import AT, SLOT_START, again_while_locked, has_begun, noise, row, webp_of
from tests.support.waiting import wait_until

FRAMES = "/api/camera/frames"


@pytest.fixture
def client(engine: Engine, store: FrameStore, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Archiver(engine, store, f"ipc://{tmp_path}/bus", Clock()))) as client:
        wait_until(lambda: has_begun(client, store))
        yield client


@pytest.fixture
def webp(client: TestClient, store: FrameStore, frame_rows: FrameRows) -> bytes:
    """The one archived picture, whose id is 1."""
    del client
    webp = webp_of()
    frame_rows.add(ArchivedFrame.of(FrameFiles(store).save(FrameName("camera_1", SLOT_START), webp), AT))
    return webp


def test_a_frame_is_told_with_utc_times_and_a_relative_address(client: TestClient, webp: bytes) -> None:
    """So it works behind any gateway and in any time zone."""
    frame = client.get(f"{FRAMES}/1").json()
    assert 0 < frame.pop("brightness") < 255
    assert len(frame.pop("perceptual_hash")) == 16
    version = frame["sha256"][:12]
    assert frame == {
        "id": 1,
        "camera": "camera_1",
        "kind": "slot",
        "slot_start": "2026-11-22T14:00:00Z",
        "interval_seconds": 3600,
        "captured_at": "2026-11-22T14:00:01.234567Z",
        "width": 64,
        "height": 48,
        "bytes": len(webp),
        "sha256": client.get(f"{FRAMES}/latest").json()["sha256"],
        "kept": False,
        "image_url": f"/api/camera/frames/1/image?v={version}",
        "thumbnail_url": f"/api/camera/frames/1/thumbnail?v={version}",
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


@pytest.mark.usefixtures("webp")
def test_an_address_without_its_picture_in_it_is_asked_about_each_time(client: TestClient) -> None:
    """The id may be another picture's one day: a restored database gives ids out again."""
    frame = client.get(f"{FRAMES}/latest?camera=camera_1").json()
    for address in (frame["image_url"], frame["thumbnail_url"]):
        for version in ("", "?v=", "?v=0", f"?v={'0' * 12}"):
            answer = client.get(address.partition("?")[0] + version)
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")


def test_pages_lead_through_all_frames_newest_first(client: TestClient, frame_rows: FrameRows) -> None:
    """The cursor is opaque and the last page has none."""
    for number in range(5):
        frame_rows.add(row(slot_start=SLOT_START + number, captured_at=AT + timedelta(seconds=number)))
    seen, cursor = [], None
    while True:
        page = client.get(FRAMES, params={"limit": "2", "camera": "camera_1", **({"cursor": cursor} if cursor else {})})
        seen += [frame["captured_at"][17:19] for frame in page.json()["frames"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == ["05", "04", "03", "02", "01"]


def test_from_is_included_and_to_is_not(client: TestClient, frame_rows: FrameRows) -> None:
    """Stretches of time fit together without gap or overlap; any offset will do."""
    for number in range(3):
        frame_rows.add(row(slot_start=SLOT_START + number, captured_at=AT + timedelta(seconds=number)))
    stretch = {"from": AT.isoformat(), "to": "2026-11-22T16:00:03.234567+02:00"}
    frames = client.get(FRAMES, params=stretch).json()["frames"]
    assert [frame["captured_at"][17:19] for frame in frames] == ["02", "01"]
    assert client.get(FRAMES, params={"camera": "camera_2"}).json() == {"frames": [], "next_cursor": None}


@pytest.mark.parametrize("is_outgrown", [False], indirect=True)
@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"{FRAMES}/99", "no archived picture 99"),
        (f"{FRAMES}/99/image", "no archived picture 99"),
        (f"{FRAMES}/99999999999999999999", "no archived picture"),
        (f"{FRAMES}/latest?camera=camera_9", "camera_9"),
        (f"{FRAMES}/nearest?camera=camera_9&at=2026-11-22T14:00:00Z", "camera_9"),
        (f"{FRAMES}/99/thumbnail", "no archived picture 99"),
        (f"{FRAMES}/zip?camera=camera_9", "no such pictures"),
    ],
)
def test_what_is_unknown_is_404_in_words(client: TestClient, path: str, words: str) -> None:
    """With what to do about it."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("is_outgrown", [False], indirect=True)
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("camera=../etc", "camera"),
        ("camera=A", "camera"),
        ("cursor=nonsense", "cursor"),
        (f"cursor={Cursor(AT, 2**63).encode()}", "cursor"),
        ("from=yesterday", "from"),
        ("from=2026-11-22T14:00:00", "from"),
        ("to=0001-01-01T00:00:00%2B14:00", "to"),
        ("hour=24", "hour"),
        ("hour=x", "hour"),
        ("hour=1&tz=Middle/Earth", "tz"),
        ("hour=1&tz=../../etc/passwd", "tz"),
        ("hour=1&tz=Europe", "tz"),
        ("order=up", "order"),
        ("daylight=perhaps", "daylight"),
    ],
)
def test_a_bad_parameter_is_422_and_named(client: TestClient, query: str, name: str) -> None:
    """In one sentence, like every error."""
    answer = client.get(f"{FRAMES}?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"'{name}' is not valid: ")


@pytest.mark.parametrize("is_outgrown", [False], indirect=True)
@pytest.mark.parametrize("path", ["", "/gaps", "/days", "/zip"])
def test_a_stretch_that_ends_before_it_begins_is_422_in_words(client: TestClient, path: str) -> None:
    """It is a slip, and an empty answer would hide it."""
    answer = client.get(f"{FRAMES}{path}?from=2026-11-23T00:00:00Z&to=2026-11-22T00:00:00Z")
    assert (answer.status_code, "'from' is later" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize("is_outgrown", [False], indirect=True)
@pytest.mark.parametrize("instant", ["1970-01-01T00:00:00Z", "9998-12-31T23:59:59Z"])
def test_the_first_and_the_last_instant_can_be_asked_for(client: TestClient, instant: str) -> None:
    """In any time zone."""
    for query in ({"to": instant}, {"from": instant}, {"from": instant, "to": instant}):
        for path in ("", "/gaps", "/days"):
            zone = {"tz": "Pacific/Kiritimati"}
            assert client.get(FRAMES + path, params=query | zone).status_code in (200, 422)
    assert client.get(f"{FRAMES}/nearest", params={"at": instant}).status_code == 404


def test_an_id_that_is_no_number_is_422(client: TestClient) -> None:
    """Named as well."""
    assert client.get(f"{FRAMES}/abc").status_code == 422


def test_a_file_that_is_gone_is_410_and_a_damaged_one_is_never_served(
    client: TestClient, webp: bytes, store: FrameStore
) -> None:
    """A picture is what its row says or it is not shown."""
    path = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"
    store.delete(thumbnail_path_of(path))
    store.write(path, webp[:-1] + b"x")
    for kind in ("image", "thumbnail"):
        damaged = client.get(f"{FRAMES}/1/{kind}")
        assert (damaged.status_code, "damaged" in damaged.json()["detail"]) == (500, True)
    store.delete(path)
    for kind in ("image", "thumbnail"):
        gone = client.get(f"{FRAMES}/1/{kind}")
        assert (gone.status_code, "gone" in gone.json()["detail"]) == (410, True)


def test_a_thumbnail_is_small_and_cached_for_ever_and_made_anew_when_it_is_lost(
    client: TestClient, store: FrameStore, frame_rows: FrameRows
) -> None:
    """It is a copy, and never matters."""
    frame_rows.add(
        ArchivedFrame.of(FrameFiles(store).save(FrameName("camera_1", SLOT_START), webp_of(noise(640, 480))), AT)
    )
    first = client.get(client.get(f"{FRAMES}/1").json()["thumbnail_url"])
    assert first.headers["cache-control"].endswith("immutable")
    with Image.open(io.BytesIO(first.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (320, 240))
    path = thumbnail_path_of("camera_1/2026/11/22/camera_1_20261122T140000Z.webp")
    for left in (None, first.content[:100]):
        store.delete(path)
        if left is not None:
            store.write(path, left)
        assert client.get(f"{FRAMES}/1/thumbnail").content == first.content
        assert store.read(path) == first.content
    known = {"If-None-Match": first.headers["etag"]}
    assert client.get(f"{FRAMES}/1/thumbnail", headers=known).status_code == 304


def test_order_daylight_and_the_same_hour_of_every_day_choose_frames(client: TestClient, frame_rows: FrameRows) -> None:
    """For a time-lapse: noon in Berlin is at 11 or 10 o'clock UTC."""
    noons = [
        datetime(2026, month, day, hour, 30, tzinfo=UTC) for month, day, hour in [(7, 1, 10), (7, 1, 11), (12, 1, 11)]
    ]
    for number, at in enumerate(noons):
        frame_rows.add(row(slot_start=int(at.timestamp()), captured_at=at, brightness=10 + 30 * number))

    def captured(query: str) -> list[str]:
        return [frame["captured_at"][5:13] for frame in client.get(f"{FRAMES}?{query}").json()["frames"]]

    assert captured("order=asc") == ["07-01T10", "07-01T11", "12-01T11"]
    assert captured("daylight=true") == ["12-01T11", "07-01T11"]
    assert captured("hour=12&tz=Europe/Berlin") == ["12-01T11", "07-01T10"]
    assert captured("hour=11") == ["12-01T11", "07-01T11"]
    assert captured("hour=11&order=asc&limit=1") == ["07-01T11"]
    assert captured("hour=3") == []


def test_the_frame_nearest_to_an_instant_is_found_on_either_side(client: TestClient, frame_rows: FrameRows) -> None:
    """The older of two that are as near."""
    for seconds in (0, 10, 20):
        frame_rows.add(row(slot_start=SLOT_START + seconds, captured_at=AT + timedelta(seconds=seconds)))
    for seconds, expected in [(-100, 1), (4, 1), (5, 1), (6, 2), (10, 2), (100, 3)]:
        at = (AT + timedelta(seconds=seconds)).isoformat()
        assert client.get(f"{FRAMES}/nearest", params={"at": at, "camera": "camera_1"}).json()["id"] == expected


def test_gaps_are_told_with_their_reasons(client: TestClient, frame_rows: FrameRows, engine: Engine) -> None:
    """In pages like frames."""
    gap_rows = _with_gaps(frame_rows, engine)
    page = client.get(f"{FRAMES}/gaps?limit=1").json()
    assert page["gaps"] == [
        {
            "camera": "camera_1",
            "from": "2026-11-22T14:00:00Z",
            "to": "2026-11-22T16:00:00Z",
            "interval_seconds": 3600,
            "slots": 2,
            "reason": "camera offline",
            "detail": "no route to host",
        }
    ]
    rest = client.get(f"{FRAMES}/gaps", params={"limit": "1", "cursor": page["next_cursor"]}).json()
    assert [gap["reason"] for gap in rest["gaps"]] == ["archiver down"]
    assert rest["next_cursor"] is None
    late = client.get(f"{FRAMES}/gaps?from=2026-11-22T17:00:00Z&camera=camera_1").json()["gaps"]
    assert [gap["reason"] for gap in late] == ["archiver down"]
    assert len(gap_rows.cameras()) == 1


def test_the_calendar_counts_frames_bytes_and_missed_slots_by_local_days(
    client: TestClient, frame_rows: FrameRows, engine: Engine
) -> None:
    """In Kiritimati the afternoon is tomorrow."""
    _with_gaps(frame_rows, engine)
    stretch = {"from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"}
    (day,) = client.get(f"{FRAMES}/days", params=stretch).json()["days"]
    assert day == {"date": "2026-11-22", "frames": 1, "bytes": 1100, "missed": 6}
    days = client.get(f"{FRAMES}/days", params={**stretch, "tz": "Asia/Tokyo"}).json()["days"]
    assert [(each["date"], each["missed"]) for each in days] == [("2026-11-22", 1), ("2026-11-23", 5)]
    assert client.get(f"{FRAMES}/days?from=2020-01-01T00:00:00Z").status_code == 422
    assert client.get(f"{FRAMES}/days").status_code == 200


def test_gaps_come_joined_to_what_can_be_shown(client: TestClient, frame_rows: FrameRows, engine: Engine) -> None:
    """With `resolution` a page asks for ten thousand in one answer, and learns how many they are."""
    _with_gaps(frame_rows, engine)
    answer = client.get(f"{FRAMES}/gaps", params={"resolution": "86400", "camera": "camera_1"}).json()
    assert answer == {
        "gaps": [
            {
                "camera": "camera_1",
                "from": "2026-11-22T14:00:00Z",
                "to": "2026-11-22T21:00:00Z",
                "interval_seconds": 3600,
                "slots": 6,
                "reason": "archiver down",
                "detail": None,
                "gaps": 2,
                "missing_seconds": 6 * 3600,
            }
        ],
        "next_cursor": None,
    }
    page = client.get(f"{FRAMES}/gaps", params={"resolution": "3600", "limit": "1"}).json()
    rest = client.get(f"{FRAMES}/gaps", params={"resolution": "3600", "cursor": page["next_cursor"]}).json()
    assert [gap["slots"] for gap in page["gaps"] + rest["gaps"]] == [2, 4]
    assert client.get(f"{FRAMES}/gaps?resolution=0").status_code == 422


def test_the_calendar_looks_at_each_of_very_many_gaps_once(client: TestClient, engine: Engine) -> None:
    """Each gap beside each day took 37 s of a processor for the 50,000 gaps of a bad link."""
    newest = int(datetime.now(UTC).timestamp()) // 3600 * 3600
    again_while_locked(lambda: _add_gaps_of_each_hour(engine, newest - 390 * 86_400, newest))
    first = (datetime.now(UTC) - timedelta(days=390)).isoformat()

    def answered() -> Any:
        """None while the database is locked, as it may be for long on a busy disk."""
        begun = time.process_time()
        answer = client.get(f"{FRAMES}/days", params={"camera": "camera_1", "from": first})
        return (time.process_time() - begun, answer.json()["days"]) if answer.status_code == 200 else None

    cpu_seconds, days = wait_until(answered)
    assert cpu_seconds < 3
    assert len(days) in (390, 391)  # in the first hour of a UTC day nothing is missed of it yet
    assert 390 * 24 - 24 <= sum(day["missed"] for day in days) <= 390 * 24


def _add_gaps_of_each_hour(engine: Engine, since: int, until: int) -> None:
    with writing(engine) as session:
        session.add_all(
            ArchiveGap(
                camera_key="camera_1",
                start_seconds=start,
                end_seconds=start + 60,
                interval_seconds=60,
                reason="camera offline",
            )
            for start in range(since, until, 3600)
        )


def _with_gaps(frame_rows: FrameRows, engine: Engine) -> GapRows:
    """From 14 to 16 the camera was off, at 16 there is a frame, from 17 to 21 nobody was there."""
    gap_rows, hour = GapRows(engine), 3600
    away = Missed(Stretch(SLOT_START, SLOT_START + 2 * hour), "camera offline", "no route to host")
    gap_rows.record(SlotReport("camera_1", "Porch", hour, SLOT_START, SLOT_START, AT))
    frame_rows.add(row(slot_start=SLOT_START + 2 * hour, captured_at=AT + timedelta(hours=2)))
    gap_rows.record(SlotReport("camera_1", "Porch", hour, SLOT_START, SLOT_START + 7 * hour, AT, (away,)))
    return gap_rows


def test_a_zip_file_holds_whole_frames_named_as_on_the_disk(
    client: TestClient, store: FrameStore, frame_rows: FrameRows
) -> None:
    """What is gone or damaged is left out and named."""
    frame_files, webps = FrameFiles(store), [webp_of(at=AT + timedelta(hours=number)) for number in range(5)]
    names = [FrameName("camera_1", SLOT_START + number * 3600) for number in range(5)]
    for name, webp in zip(names, webps, strict=True):
        frame_rows.add(ArchivedFrame.of(frame_files.save(name, webp), AT))
    store.delete(names[1].path)
    store.write(names[2].path, webps[2][:-1] + b"x")
    answer = client.get(f"{FRAMES}/zip?camera=camera_1&to=2026-11-22T18:00:00Z")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="camera_1_20261122-20261122.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [names[0].path, names[3].path, "skipped.txt"]
        assert archive.read(names[3].path) == webps[3]
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert archive.read("skipped.txt").decode().split() == [names[1].path, names[2].path]


def test_in_another_time_zone_a_zip_file_has_its_times_and_days(
    client: TestClient, store: FrameStore, frame_rows: FrameRows
) -> None:
    """Where the request names none, it is the archive's. The offset tells two hours of the same name apart."""
    name = FrameName("camera_1", SLOT_START)
    frame_rows.add(ArchivedFrame.of(FrameFiles(store).save(name, webp_of()), AT))
    client.app.state.zone = ZoneInfo("Asia/Kathmandu")  # type: ignore[attr-defined] # it is a FastAPI
    for path, zone in (("zip", "+0545"), ("zip?tz=Asia/Tokyo", "+0900")):
        answer = client.get(f"{FRAMES}/{path}")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            (entry,) = archive.infolist()
        local = {"+0545": (19, 45), "+0900": (23, 0)}[zone]
        assert entry.filename == f"camera_1/2026/11/22/camera_1_20261122T{local[0]}{local[1]:02d}00{zone}.webp"
        assert entry.date_time[3:5] == local
    (day,) = client.get(f"{FRAMES}/days?from=2026-11-22T10:00:00Z&to=2026-11-22T20:00:00Z").json()["days"]
    assert (day["date"], day["frames"]) == ("2026-11-22", 1)
    assert len(client.get(f"{FRAMES}?hour=19").json()["frames"]) == 1


def test_a_zip_file_of_too_many_frames_is_refused_in_words(
    client: TestClient, frame_rows: FrameRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its list of contents has to be kept in memory."""
    monkeypatch.setattr("services.archiver.api.frames.zip_download.MOST_FRAMES", 1)
    for number in range(2):
        frame_rows.add(row(slot_start=SLOT_START + number))
    answer = client.get(f"{FRAMES}/zip")
    assert (answer.status_code, "narrow" in answer.json()["detail"]) == (422, True)


def test_a_deleted_frame_is_gone_with_its_files_and_stays_gone(
    client: TestClient, webp: bytes, store: FrameStore
) -> None:
    """Its slot says why it is empty."""
    del webp
    assert client.delete(f"{FRAMES}/1").status_code == 204
    assert client.get(f"{FRAMES}/1").status_code == 404
    assert client.delete(f"{FRAMES}/1").status_code == 404
    assert [file for camera in store.cameras() for file in store.files(camera)] == []
    (gap,) = client.get(f"{FRAMES}/gaps").json()["gaps"]
    assert (gap["from"], gap["slots"], gap["reason"]) == ("2026-11-22T14:00:00Z", 1, "deleted")
    assert client.get(f"{FRAMES}/days?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z").json() == {"days": []}


@pytest.mark.parametrize("is_outgrown", [False], indirect=True)
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
        f"{FRAMES}/index",
        f"{FRAMES}/sprites",
        f"{FRAMES}/latest",
        f"{FRAMES}/nearest",
        f"{FRAMES}/gaps",
        f"{FRAMES}/days",
        f"{FRAMES}/zip",
        f"{FRAMES}/{{frame_id}}",
        f"{FRAMES}/{{frame_id}}/image",
        f"{FRAMES}/{{frame_id}}/thumbnail",
        f"{FRAMES}/{{frame_id}}/kept",
        f"{FRAMES}/capturing",
        f"{FRAMES}/history",
    }
    assert all(operation["summary"] for path in paths for operation in paths[path].values())
