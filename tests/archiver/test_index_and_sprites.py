"""The archive as it is leafed through: all frames in columns, and sheets of small copies."""

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import Engine, insert

from services.archiver.api.frames.address_versions import sheet_version
from services.archiver.api.frames.sprite_sheets import BYTES_PER_PIXEL, SpriteSheets
from services.archiver.app import create_app
from services.archiver.db.engine import writing
from services.archiver.db.frames import FrameRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.paths import FrameName, thumbnail_path_of
from services.archiver.files.picture_memory import PictureMemory
from services.archiver.files.store import FrameStore
from services.archiver.service import Archiver
from shared.clock import Clock
from tests.archiver.support import AT, SLOT_START, has_begun, noise, row, webp_of
from tests.support.waiting import wait_until

INDEX, SPRITES = "/api/camera/frames/index", "/api/camera/frames/sprites"
COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200)]


@pytest.fixture
def client(engine: Engine, store: FrameStore, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Archiver(engine, store, f"ipc://{tmp_path}/bus", Clock()))) as client:
        wait_until(lambda: has_begun(client, store))
        yield client


def keep(store: FrameStore, frame_rows: FrameRows, hour: int, picture: Image.Image) -> ArchivedFrame:
    """Archive a picture in an hour of its own."""
    start, at = SLOT_START + 3600 * hour, AT + timedelta(hours=hour)
    frame_rows.add(ArchivedFrame.of(FrameFiles(store).save(FrameName("camera_1", start), webp_of(picture, at=at)), AT))
    found = frame_rows.by_path(FrameName("camera_1", start).path)
    assert found is not None
    return found


@pytest.fixture
def frames(client: TestClient, store: FrameStore, frame_rows: FrameRows) -> list[ArchivedFrame]:
    """A red, a green and a blue one."""
    del client
    return [keep(store, frame_rows, hour, Image.new("RGB", (640, 360), colour)) for hour, colour in enumerate(COLOURS)]


def cell(sheet: bytes, number: int, x: int = 80) -> tuple[int, int, int]:
    """The colour within a cell of a sheet in one row, in the middle of it."""
    found = Image.open(io.BytesIO(sheet)).convert("RGB").getpixel((160 * number + x, 45))
    assert isinstance(found, tuple)
    red, green, blue = found
    return red, green, blue


def is_like(colour: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(one - another) < 25 for one, another in zip(colour, other, strict=True))


def test_a_sheet_waits_for_memory_by_its_size(store: FrameStore, frame_rows: FrameRows) -> None:
    """A hundred cells of 320 x 640 are 20 megapixels."""
    took: list[int] = []

    class Memory(PictureMemory):
        def take(self, byte_count: int) -> int:
            took.append(byte_count)
            return super().take(byte_count)

    frame = keep(store, frame_rows, 0, Image.new("RGB", (320, 180)))
    SpriteSheets(frame_rows, FrameFiles(store, memory=Memory())).sheet([frame] * 20, 320)
    assert max(took) == 20 * 320 * 180 * BYTES_PER_PIXEL


def test_ten_thousand_frames_come_in_one_answer(client: TestClient, engine: Engine, frame_rows: FrameRows) -> None:
    """In columns of differences, oldest first, and in few bytes."""
    del frame_rows
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        row("porch", SLOT_START + number, begin + timedelta(hours=number), number % 256).model_dump(exclude={"id"})
        for number in range(10_000)
    ]
    with engine.begin() as connection:
        connection.execute(insert(ArchivedFrame), rows)
    answer = client.get(INDEX, params={"camera": "porch"})
    told = answer.json()
    assert told["frames"] == 10_000
    assert list(accumulate(told["captured_at"])) == [
        int((begin + timedelta(hours=number)).timestamp() * 1000) for number in range(10_000)
    ]
    assert list(accumulate(told["id"])) == list(range(told["id"][0], told["id"][0] + 10_000))
    assert told["brightness"][255:257] == [255, 0]
    assert told["bytes"] == [1000] * 10_000
    assert told["next_cursor"] is None
    assert told["hash"] == "00000000" * 10_000
    assert len(answer.content) < 330_000


def test_the_index_is_of_one_camera_and_its_stretch(client: TestClient, frame_rows: FrameRows) -> None:
    """`from` is included, `to` is not, and other cameras have other archives."""
    for hour in range(5):
        frame_rows.add(row("porch", SLOT_START + 3600 * hour, AT + timedelta(hours=hour)))
    frame_rows.add(row("shed", SLOT_START, AT))
    stretch = {"from": (AT + timedelta(hours=1)).isoformat(), "to": (AT + timedelta(hours=3)).isoformat()}
    assert client.get(INDEX, params={"camera": "porch", **stretch}).json()["frames"] == 2
    assert client.get(INDEX, params={"camera": "nobody"}).json() == {
        "camera": "nobody",
        "frames": 0,
        "id": [],
        "captured_at": [],
        "brightness": [],
        "bytes": [],
        "hash": "",
        "manual": [],
        "kept": [],
        "next_cursor": None,
    }


def test_cursors_lead_to_what_is_older(client: TestClient, frame_rows: FrameRows) -> None:
    """The newest come first, since they are what one looks at; in each part the order is that of time."""
    for hour in range(5):
        frame_rows.add(row("porch", SLOT_START + 3600 * hour, AT + timedelta(hours=hour)))
    parts, cursor = [], None
    while True:
        query = {"camera": "porch", "limit": "2", **({"cursor": cursor} if cursor else {})}
        answer = client.get(INDEX, params=query).json()
        parts.append([number - 1 for number in accumulate(answer["id"])])
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert parts == [[3, 4], [1, 2], [0]]


def test_the_index_tells_what_is_dark_unmeasured_or_manual(client: TestClient, frame_rows: FrameRows) -> None:
    """A frame that the switch for daylight would leave out is below 40 here too."""
    frame_rows.add(row("porch", SLOT_START, AT, brightness=39.9))
    unmeasured = row("porch", SLOT_START + 3600, AT + timedelta(hours=1))
    unmeasured.brightness = None
    frame_rows.add(unmeasured)
    manual = row("porch", SLOT_START + 7200, AT + timedelta(hours=2))
    manual.kind, manual.slot_start, manual.interval_seconds = "manual", None, None
    frame_rows.add(manual)
    told = client.get(INDEX, params={"camera": "porch"}).json()
    assert (told["brightness"], told["manual"]) == ([39, None, 100], [2])


def test_a_sheet_has_the_frames_in_the_order_asked_for(client: TestClient, frames: list[ArchivedFrame]) -> None:
    """One cell beside the other, 160 pixels wide and of the frames' shape."""
    ids = [frames[number].id for number in (2, 0, 1)]
    answer = client.get(SPRITES, params={"ids": ",".join(map(str, ids))})
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (480, 90)
    assert all(is_like(cell(answer.content, place), COLOURS[number]) for place, number in enumerate((2, 0, 1)))


def test_a_sheet_has_ten_cells_in_a_row(client: TestClient, frames: list[ArchivedFrame]) -> None:
    """Of whatever width is asked for, up to the thumbnails' own; a frame may be there twice."""
    answer = client.get(SPRITES, params={"ids": ",".join([str(frames[0].id)] * 12), "width": "320"})
    assert Image.open(io.BytesIO(answer.content)).size == (3200, 360)


def test_a_sheet_is_kept_by_caches(client: TestClient, frames: list[ArchivedFrame]) -> None:
    """Its address names the very pictures, so it is good for ever; and asked for again it is not sent again."""
    query = {"ids": f"{frames[0].id},{frames[1].id}", "v": sheet_version(frames[:2])}
    answer = client.get(SPRITES, params=query)
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = client.get(SPRITES, params=query, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(SPRITES, params=query | {"width": "200"}, headers={"If-None-Match": answer.headers["etag"]})
    assert other.status_code == 200


def test_a_sheet_whose_ids_mean_other_pictures_has_another_address(
    client: TestClient, store: FrameStore, frame_rows: FrameRows, frames: list[ArchivedFrame]
) -> None:
    """As after an older database was restored. The old address is not kept for ever, and what is kept is checked."""
    ids = f"{frames[0].id},{frames[1].id}"
    old = sheet_version(frames[:2])
    with writing(frame_rows._engine) as session:
        row = session.get(ArchivedFrame, frames[0].id)
        assert row is not None
        other = webp_of(Image.new("RGB", (640, 360), COLOURS[2]))
        row.sha256, row.bytes = hashlib.sha256(other).hexdigest(), len(other)
        store.write(row.path, other)
        store.delete(thumbnail_path_of(row.path))
    told = client.get(INDEX, params={"camera": "camera_1"}).json()
    assert told["hash"][:8] != frames[0].sha256[:8]
    answer = client.get(SPRITES, params={"ids": ids, "v": old})
    assert answer.headers["cache-control"] == "private, no-cache"
    assert is_like(cell(answer.content, 0), COLOURS[2])
    assert client.get(SPRITES, params={"ids": ids}).headers["cache-control"] == "private, no-cache"


def test_the_part_of_an_address_that_changes_is_the_one_that_the_page_computes() -> None:
    """`pages/tests/timeline.test.js` has the same frames and the same number."""
    frames = [row(), row()]
    for frame, frame_id, digits in zip(frames, (17, 18), ("0a1b2c3d", "ffffffff"), strict=True):
        frame.id, frame.sha256 = frame_id, digits.ljust(64, "0")
    assert sheet_version(frames) == "0b441b18"


def test_a_frame_that_is_gone_leaves_its_cell_black(
    client: TestClient, frame_rows: FrameRows, store: FrameStore, frames: list[ArchivedFrame]
) -> None:
    """The others stay where they are; and since it may be restored, nobody remembers the sheet for long."""
    frame_rows.delete([frames[0].id or 0], leave_gaps=True)
    store.delete(frames[1].path)
    store.delete(thumbnail_path_of(frames[1].path))
    answer = client.get(SPRITES, params={"ids": ",".join(str(frame.id) for frame in frames)})
    assert [is_like(cell(answer.content, place), (0, 0, 0)) for place in range(3)] == [True, True, False]
    assert answer.headers["cache-control"] == "private, max-age=30"


def test_a_thumbnail_that_is_gone_is_made_anew(
    client: TestClient, store: FrameStore, frames: list[ArchivedFrame]
) -> None:
    """They are copies, and may be deleted at any time."""
    store.delete(thumbnail_path_of(frames[0].path))
    answer = client.get(SPRITES, params={"ids": str(frames[0].id)})
    assert is_like(cell(answer.content, 0), COLOURS[0])
    assert store.read(thumbnail_path_of(frames[0].path))


def test_frames_of_another_shape_are_shown_whole(
    client: TestClient, store: FrameStore, frame_rows: FrameRows, frames: list[ArchivedFrame]
) -> None:
    """Between black, in cells of the shape that most have."""
    tall = keep(store, frame_rows, 9, Image.new("RGB", (180, 360), (250, 250, 250)))
    answer = client.get(SPRITES, params={"ids": f"{frames[0].id},{frames[1].id},{tall.id}"})
    assert Image.open(io.BytesIO(answer.content)).size == (480, 90)
    assert is_like(cell(answer.content, 2), (250, 250, 250))
    assert is_like(cell(answer.content, 2, x=5), (0, 0, 0))


def test_sheets_of_noise_are_forgotten_in_time(client: TestClient, store: FrameStore, frame_rows: FrameRows) -> None:
    """What is remembered of them has a bound; whatever is asked for is there all the same."""
    kept = [keep(store, frame_rows, hour, noise(320, 180)) for hour in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.archiver.api.frames.sprite_sheets.REMEMBERED_BYTES", 1)
        sheets = [client.get(SPRITES, params={"ids": str(frame.id)}).content for frame in (*kept, *kept)]
    assert sheets[:3] == sheets[3:]


@pytest.mark.parametrize("is_outgrown", [False], indirect=True)
@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (INDEX, 422, "camera"),
        (f"{INDEX}?camera=../etc", 422, "camera"),
        (f"{INDEX}?camera=porch&limit=50001", 422, "limit"),
        (f"{INDEX}?camera=porch&from=yesterday", 422, "from"),
        (f"{INDEX}?camera=porch&cursor=nonsense", 422, "cursor"),
        (f"{INDEX}?camera=porch&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 422, "later than 'to'"),
        (SPRITES, 422, "ids"),
        (f"{SPRITES}?ids=", 422, "100 ids of pictures or fewer"),
        (f"{SPRITES}?ids=1,,2", 422, "100 ids of pictures or fewer"),
        (f"{SPRITES}?ids=1,-2", 422, "100 ids of pictures or fewer"),
        (f"{SPRITES}?ids=1,99999999999", 422, "100 ids of pictures or fewer"),
        (f"{SPRITES}?ids={','.join(['1'] * 101)}", 422, "100 ids of pictures or fewer"),
        (f"{SPRITES}?ids=1&width=16", 422, "width"),
        (f"{SPRITES}?ids=1&width=5000", 422, "width"),
        (f"{SPRITES}?ids=98,99", 404, "none of these pictures"),
    ],
)
def test_what_cannot_be_had_is_refused_in_words(client: TestClient, path: str, status: int, words: str) -> None:
    """Which name what is wrong."""
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
