"""One camera's recorder, with real files and a real database, and a clock that the test sets."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from services.archiver.base.capture_rule import ALWAYS, CaptureRule, parse_rule
from services.archiver.base.errors import StorageFullError, StorageUnavailableError
from services.archiver.base.problems import Problems
from services.archiver.capture.camera_presence import CameraPresence
from services.archiver.capture.camera_recorder import CameraRecorder
from services.archiver.capture.frame_archiver import FrameArchiver
from services.archiver.db.clock_rows import ClockRows
from services.archiver.db.engine import open_engine, upgrade
from services.archiver.db.frame_query import FrameQuery
from services.archiver.db.frames import FrameRows
from services.archiver.db.gaps import GapQuery, GapRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.db.recovery import Recovery
from services.archiver.db.row_writer import RowWriter
from services.archiver.files.frame_files import FrameFiles
from services.archiver.files.local_store import LocalStore
from services.archiver.files.paths import FrameName, manual_path_of, path_of
from services.archiver.files.webp import Label, WebpOptions
from shared.bus.frames import Frame
from shared.bus.status import CameraState
from shared.bus.topics import CAPTURE
from tests.archiver.capture.clock import FakeClock
from tests.archiver.support import cut_short, jpeg_of, noise, row, webp_of
from tests.support.bus import status_of
from tests.support.waiting import eventually

HOUR = 3600
AT = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
START = int(AT.timestamp()) - 5 * 60


@dataclass
class RecordedDemand:
    """Counts subscriptions in place of the bus."""

    subscribed: int = 0
    now: list[bytes] = field(default_factory=list)

    def subscribe(self, topic: bytes) -> None:
        self.subscribed += 1
        self.now.append(topic)

    def unsubscribe(self, topic: bytes) -> None:
        self.now.remove(topic)


@dataclass
class Recording:
    """A running recorder of `camera_1`, whose slots are hours, with everything it needs."""

    engine: Engine
    store: LocalStore
    time: FakeClock = field(default_factory=lambda: FakeClock(AT))
    demand: RecordedDemand = field(default_factory=RecordedDemand)
    problems: Problems = field(default_factory=Problems)
    rule: CaptureRule = ALWAYS

    def __post_init__(self) -> None:
        frame_files = FrameFiles(self.store)
        self.row_writer = RowWriter(self.engine, frame_files, self.problems, self.time.clock)
        self.frame_archiver = FrameArchiver(frame_files, self.row_writer, WebpOptions(), self.time.clock.monotonic)
        presence = CameraPresence("camera_1", self.time.clock, self.time.clock.monotonic, lambda: 0.0)
        self.recorder = CameraRecorder(
            presence,
            self.demand,
            self.frame_archiver,
            self.row_writer,
            self.problems,
            rule_of=lambda _camera_key: self.rule,
        )

    def hear(self, state: CameraState, last_error: str | None = None) -> None:
        sent_at_ns = self.time.clock.utc_ns()
        self.recorder.hear(
            status_of("camera_1", state, last_error=last_error, capture_interval_seconds=HOUR, sent_at_ns=sent_at_ns)
        )

    def offer(self, jpeg: bytes, *, live: bool = True, age_seconds: int = 0) -> None:
        captured_at_ns = self.time.clock.utc_ns() - age_seconds * 1_000_000_000
        self.recorder.offer(Frame("camera_1", CAPTURE, 1, captured_at_ns, 64, 48, live, jpeg))

    def next_hour(self) -> None:
        self.time.advance(HOUR)
        self.hear(CameraState.LIVE)

    def rows(self, *, doubtful: bool = False) -> list[ArchivedFrame]:
        return list(FrameRows(self.engine).page(FrameQuery(oldest_first=True, doubtful=doubtful))[0])

    def gaps(self) -> list[tuple[int, str, str | None]]:
        """Begin in hours from 14 o'clock on, reason and detail."""
        gaps, _ = GapRows(self.engine).gaps(GapQuery())
        return [((gap.start_seconds - START) // HOUR, gap.reason, gap.detail) for gap in gaps]


def slots_of(recording: Recording) -> set[int | None]:
    return {frame.slot_start for frame in recording.rows()}


@asynccontextmanager
async def running(recording: Recording) -> AsyncIterator[Recording]:
    tasks = [asyncio.create_task(recording.row_writer.run()), asyncio.create_task(recording.recorder.run())]
    try:
        yield recording
    finally:
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)
        await recording.frame_archiver.drain(10)
        await recording.row_writer.finish(10)
        recording.engine.dispose()


@pytest.fixture
def recording(sqlite_url: str, local_store: LocalStore) -> Recording:
    """One whose camera is live; not running yet."""
    engine = open_engine(sqlite_url)
    upgrade(engine)
    recording = Recording(engine, local_store)
    recording.hear(CameraState.LIVE)
    return recording


def offered_until(recording: Recording, jpeg: bytes, holds: Callable[[], object]) -> Callable[[], object]:
    """For `eventually`: offers the picture again and again, as ingest does, until the condition holds."""

    def probe() -> object:
        recording.offer(jpeg)
        return holds()

    return probe


async def test_frames_are_demanded_from_a_slots_start_until_it_has_its_picture(recording: Recording) -> None:
    """In between, ingest need not encode anything for the archive."""
    async with running(recording):
        for hour in range(2):
            await eventually(lambda: recording.demand.now)
            recording.offer(jpeg_of())
            await eventually(lambda hour=hour: len(recording.rows()) == hour + 1)  # type: ignore[misc]
            assert recording.demand.now == []
            recording.offer(jpeg_of())
            recording.next_hour()
    assert [frame.slot_start for frame in recording.rows()] == [START, START + HOUR]
    assert [frame.path for frame in recording.rows()] == [path_of("camera_1", START), path_of("camera_1", START + HOUR)]


async def test_a_picture_from_before_the_slot_and_one_that_is_not_live_are_passed_over(recording: Recording) -> None:
    """The picture that is archived was captured live, within the slot."""
    async with running(recording):
        await eventually(lambda: recording.demand.now)
        recording.offer(jpeg_of(noise(80, 60)), age_seconds=10 * 60)
        await eventually(lambda: not recording.recorder._inbox.changed.is_set())
        recording.offer(jpeg_of(noise(96, 72)), live=False)
        await eventually(lambda: not recording.recorder._inbox.changed.is_set())
        recording.offer(jpeg_of())
        await eventually(recording.rows)
    assert [(frame.width, frame.height) for frame in recording.rows()] == [(64, 48)]


async def test_a_camera_that_is_offline_leaves_a_gap_with_its_own_words(recording: Recording) -> None:
    """The slot ends without a picture, and says why."""
    recording.hear(CameraState.OFFLINE, "no route to host")
    async with running(recording):
        await eventually(lambda: recording.demand.now)
        recording.time.sleep(HOUR)
        await eventually(recording.gaps)
    assert recording.gaps() == [(0, "camera offline", "no route to host")]


async def test_a_camera_whose_pictures_are_damaged_leaves_a_gap_that_says_so(recording: Recording) -> None:
    """Each is counted; its status alone would not tell."""
    broken = cut_short(jpeg_of(noise(320, 240)))
    async with running(recording):
        refused = recording.frame_archiver.refused
        await eventually(offered_until(recording, broken, lambda: refused.total >= 2))
        recording.next_hour()
        await eventually(recording.gaps)
    assert recording.gaps() == [(0, "picture damaged", None)]


async def test_a_slot_that_gets_no_frame_at_all_leaves_a_gap(recording: Recording) -> None:
    """The camera's status was good."""
    async with running(recording):
        await eventually(lambda: recording.demand.now)
        recording.next_hour()
        await eventually(recording.gaps)
    assert recording.gaps() == [(0, "no fresh picture", None)]


async def test_a_full_disk_is_shown_and_the_same_picture_is_stored_later(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was captured when it was due, so no other is demanded."""
    attempts = []

    def refuse(*_: object) -> None:
        attempts.append(1)
        raise StorageFullError("No space left on device.")

    def tick() -> bool:
        recording.time.advance(0.1)
        return len(attempts) >= 3

    async with running(recording):
        with monkeypatch.context() as full:
            full.setattr(recording.store, "write_first", refuse)
            await eventually(lambda: recording.demand.now)
            recording.offer(jpeg_of())
            await eventually(tick)
            assert recording.problems.texts() == ["No space left on device."]
        await eventually(lambda: tick() and recording.rows())
        await eventually(lambda: recording.problems.texts() == [])
    assert recording.demand.subscribed == 1
    assert [frame.captured_at for frame in recording.rows()] == [AT]


async def test_a_disk_that_stays_full_leaves_a_gap(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next slot has its own chance."""

    def refuse(*_: object) -> None:
        raise StorageFullError("No space left on device.")

    async with running(recording):
        with monkeypatch.context() as full:
            full.setattr(recording.store, "write_first", refuse)
            await eventually(lambda: recording.demand.now)
            recording.offer(jpeg_of())
            await eventually(recording.problems.texts)
            recording.next_hour()
            await eventually(recording.gaps)
        await eventually(offered_until(recording, jpeg_of(), recording.rows))
    assert recording.gaps() == [(0, "disk full", None)]
    assert [frame.slot_start for frame in recording.rows()] == [START + HOUR]


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored late", "refused late"])
async def test_slots_that_pass_while_the_store_hangs_leave_gaps_that_say_so(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, is_stored: bool
) -> None:
    """A disk that stalls, a store that is not reached: the archiver ran, so it must not be said that it was down."""
    answers, store = threading.Event(), recording.store.write_first

    def hang(*arguments: Any) -> Any:
        answers.wait(60)
        if not is_stored:
            raise StorageUnavailableError("It can't be used.")
        return store(*arguments)

    async with running(recording):
        with monkeypatch.context() as hanging:
            hanging.setattr(recording.store, "write_first", hang)
            await eventually(lambda: recording.demand.now)
            recording.offer(jpeg_of())
            await eventually(lambda: not recording.demand.now)
            for passed in (1, 2, 3):
                recording.next_hour()
                await eventually(lambda passed=passed: len(recording.recorder.passed_slots.begun) == passed)  # type: ignore[misc]
            answers.set()
            await eventually(recording.gaps)
        await eventually(offered_until(recording, jpeg_of(), lambda: START + 3 * HOUR in slots_of(recording)))
    first = [] if is_stored else [0]
    assert [start for start, _, _ in recording.gaps()] == ([1] if is_stored else [0])
    assert {reason for _, reason, _ in recording.gaps()} == {"storage unavailable"}
    assert [start for start in (0, 1, 2, 3) if START + start * HOUR not in slots_of(recording)] == [*first, 1, 2]


async def test_a_slot_that_began_before_the_store_hung_has_its_gap_too(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture of the slot before was still being encoded."""
    may_encode, answers = asyncio.Event(), threading.Event()
    encode, store = recording.frame_archiver.encode, recording.store.write_first

    async def slow(frame: Frame, label: Label) -> bytes:
        await may_encode.wait()
        return await encode(frame, label)

    def hang(*arguments: Any) -> Any:
        answers.wait(60)
        return store(*arguments)

    monkeypatch.setattr(recording.frame_archiver, "encode", slow)
    monkeypatch.setattr(recording.store, "write_first", hang)
    async with running(recording):
        await eventually(lambda: recording.demand.now)
        recording.offer(jpeg_of())
        await eventually(lambda: not recording.demand.now)
        recording.next_hour()
        may_encode.set()
        for passed in (1, 2):
            await eventually(lambda passed=passed: len(recording.recorder.passed_slots.begun) == passed)  # type: ignore[misc]
            recording.next_hour()
        answers.set()
        await eventually(recording.gaps)
    assert recording.gaps() == [(1, "storage unavailable", None)]
    assert slots_of(recording) == {START}


async def test_a_picture_that_webp_cannot_hold_is_shown_and_another_one_is_taken(recording: Recording) -> None:
    """It may fit."""
    async with running(recording):
        await eventually(lambda: recording.demand.now)
        recording.offer(jpeg_of(noise(16_400, 2)))
        await eventually(lambda: any("camera_1 can't be made a WebP" in text for text in recording.problems.texts()))
        recording.time.advance(1)
        await eventually(offered_until(recording, jpeg_of(), recording.rows))
        await eventually(lambda: recording.problems.texts() == [])


async def test_a_slot_that_has_its_row_is_not_captured_again(recording: Recording) -> None:
    """As after a restart. The next slot is captured as always."""
    FrameRows(recording.engine).add(row(slot_start=START, captured_at=AT))
    async with running(recording):
        await eventually(lambda: recording.recorder._done is not None)
        assert recording.demand.subscribed == 0
        recording.next_hour()
        await eventually(offered_until(recording, jpeg_of(), lambda: len(recording.rows()) == 2))


async def test_a_wall_clock_that_jumps_back_captures_no_slot_twice(recording: Recording) -> None:
    """The earlier hour gets its picture, and the later one keeps its own."""
    async with running(recording):
        await eventually(offered_until(recording, jpeg_of(), lambda: len(recording.rows()) == 1))
        recording.time.set_wall(AT - timedelta(hours=1))
        await eventually(offered_until(recording, jpeg_of(), lambda: recording.rows(doubtful=True)))
        recording.time.set_wall(AT)
        slot = recording.recorder.presence.running_slot()
        await eventually(lambda: recording.recorder._done == slot)
    assert [frame.slot_start for frame in recording.rows(doubtful=True)] == [START - HOUR], "its time is in doubt"
    assert [frame.slot_start for frame in recording.rows()] == [START]
    assert recording.demand.subscribed == 2


async def test_a_camera_that_is_disabled_gets_no_more_demand_and_no_gap(recording: Recording) -> None:
    """Until it is enabled again."""
    async with running(recording):
        await eventually(lambda: recording.demand.now)
        recording.hear(CameraState.DISABLED)
        await eventually(lambda: not recording.demand.now)
        recording.time.advance(5 * HOUR)
        recording.hear(CameraState.LIVE)
        await eventually(offered_until(recording, jpeg_of(), recording.rows))
    assert [frame.slot_start for frame in recording.rows()] == [START + 5 * HOUR]
    assert recording.gaps() == []


async def test_a_file_that_is_stored_while_the_recorder_ends_gets_its_row(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An orderly end leaves no file without its row."""
    begun, may_go_on = threading.Event(), threading.Event()
    write_first = recording.store.write_first

    def slowly(path: str, content: bytes, is_whole: Callable[[bytes], bool]) -> None:
        begun.set()
        assert may_go_on.wait(30)
        write_first(path, content, is_whole)

    monkeypatch.setattr(recording.store, "write_first", slowly)
    task = asyncio.create_task(recording.recorder.run())
    await eventually(offered_until(recording, jpeg_of(), begun.is_set))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    may_go_on.set()
    assert await recording.frame_archiver.drain(30) == 0
    assert await recording.row_writer.finish(30) == 0
    assert [frame.path for frame in recording.rows()] == [path_of("camera_1", START)]
    assert recording.store.read(path_of("camera_1", START))
    recording.engine.dispose()


async def test_a_slot_that_is_not_due_demands_nothing_and_is_no_gap(recording: Recording) -> None:
    """From 15:30 on pictures are due: the slot of 14 o'clock passes, that of 15 waits for its half hour."""
    recording.rule = parse_rule("15:30-18:00", ZoneInfo("UTC"), None)
    async with running(recording):
        recording.next_hour()
        assert recording.recorder.next_at() == START + HOUR * 3 // 2
        recording.time.advance(20 * 60)
        await asyncio.sleep(0)
        recording.offer(jpeg_of())
        assert (recording.demand.subscribed, recording.recorder.is_due()) == (0, False)
        recording.time.advance(10 * 60)
        recording.hear(CameraState.LIVE)
        await eventually(offered_until(recording, jpeg_of(), recording.rows))
        assert recording.recorder.next_at() == START + 2 * HOUR
        recording.next_hour()
        await eventually(offered_until(recording, jpeg_of(), lambda: len(recording.rows()) == 2))
    assert [row.slot_start for row in recording.rows()] == [START + HOUR, START + 2 * HOUR]
    assert recording.gaps() == []


async def test_when_the_due_time_ends_without_a_picture_the_slot_is_missed(recording: Recording) -> None:
    """Its camera was away while a picture was due; what comes later in the slot is not taken."""
    recording.rule = parse_rule("14:00-14:10", ZoneInfo("UTC"), None)
    recording.hear(CameraState.OFFLINE, "no route to host")
    async with running(recording):
        await eventually(lambda: recording.demand.subscribed == 1)
        recording.time.advance(6 * 60)
        recording.hear(CameraState.LIVE)
        await eventually(lambda: not recording.demand.now)
        recording.offer(jpeg_of())
        recording.next_hour()
        await eventually(lambda: recording.gaps() == [(0, "camera offline", "no route to host")])
        recording.next_hour()
    assert recording.gaps() == [(0, "camera offline", "no route to host")]
    assert recording.rows() == []
    assert recording.recorder.missed_slots.count == 1


async def test_while_the_clock_is_behind_every_slot_gets_its_picture_though_it_had_one_then(
    recording: Recording,
) -> None:
    """Also one whose picture was deleted. When the clock is right they are in their slots, and there is no gap."""
    for hour in range(3):
        stored(recording, START + hour * HOUR)
    rows = FrameRows(recording.engine)
    for path in rows.delete([recording.rows()[0].id or 0], leave_gaps=True):
        recording.store.delete(path)
    rows.deletions_done([path_of("camera_1", START)])
    async with running(recording):
        await eventually(recording.row_writer.trusted_clock.is_behind)
        await eventually(offered_until(recording, jpeg_of(), lambda: len(recording.rows(doubtful=True)) == 1))
        recording.next_hour()
        await eventually(offered_until(recording, jpeg_of(), lambda: len(recording.rows(doubtful=True)) == 2))
        recording.next_hour()
        recording.time.set_wall(AT + timedelta(days=1))
        recording.row_writer.trusted_clock.confirm()
        assert ClockRows(recording.engine, recording.row_writer.trusted_clock).settle() == 2
    found = {frame.slot_start for frame in recording.rows()}
    assert found == {START + hour * HOUR for hour in (1, 2, 22, 23)}


async def test_a_slot_whose_name_a_frame_of_a_wrong_clock_has_gets_its_picture(recording: Recording) -> None:
    """That frame was dated anew and keeps its path. The slot's picture is named by its instant, and has the slot."""
    stored(recording, START)
    (wrong,) = recording.rows()
    with Session(recording.engine) as session:
        wrong.slot_start, wrong.captured_at = START - 9 * HOUR, AT - timedelta(hours=9)
        wrong.created_at = wrong.captured_at
        session.add(wrong)
        session.commit()
    async with running(recording):
        await eventually(offered_until(recording, jpeg_of(), lambda: len(recording.rows()) == 2))
        recording.next_hour()
        await eventually(offered_until(recording, jpeg_of(), lambda: len(recording.rows()) == 3))
    own = recording.rows()[1]
    assert (own.slot_start, own.kind, own.path) == (
        START,
        "slot",
        manual_path_of("camera_1", int(AT.timestamp()) * 1000),
    )
    assert recording.gaps() == []
    FrameRows(recording.engine).drop({own.id or 0: own.path})
    assert Recovery(recording.engine, FrameFiles(recording.store), recording.time.clock.utc_ns).scan_all().adopted == 1
    assert [(row.slot_start, row.kind) for row in recording.rows()][1] == (START, "slot")


def stored(recording: Recording, slot_start: int) -> None:
    """A frame of that slot, of another boot."""
    at = datetime.fromtimestamp(slot_start + 60, UTC)
    files = FrameFiles(recording.store)
    frame = files.save(FrameName("camera_1", slot_start), webp_of(at=at))
    FrameRows(recording.engine).add(ArchivedFrame.of(frame, at))
