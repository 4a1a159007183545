"""Each promise finds a made-up breach of its own, and none in facts that are as they should be."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from faults.audience import BROWSER, NOBODY, OBJECT_STORE, at_replica, camera_of
from faults.facts import (
    ArchivedPicture,
    Late,
    Leak,
    Lost,
    Painted,
    Sessions,
    Sight,
    SlotRow,
    Told,
    Usage,
)
from faults.fault import Fault
from faults.judged import Judged, JudgedArchive, enough, escaped, is_read
from faults.kinds import faults_of
from faults.observer import next_slots_from, unsettled
from faults.place import DATABASES, STORES
from faults.promises import PROMISES
from faults.promises.delivery import STREAMED
from faults.promises.slots import true_reasons
from faults.record import Fact, Record
from faults.window import Promise, Window
from faults.words import ARCHIVER_SILENT, CAMERA, DISK_FULL, DISK_READ_ONLY, INGEST, NO_ANSWER, about

VIEWER = "mjpeg front stream-1"
VIEWERS = sorted(viewer for viewer in STREAMED if camera_of(viewer) == "front")
OTHERS = sorted(STREAMED - set(VIEWERS))
PAGE = "page stream-1"
BEGIN = 1000.0
SECONDS = 40
FPS = 10
EVERY = [fault for database in DATABASES for store in STORES for fault in faults_of(database, store)]
WORDS = about("front", CAMERA)
AWAY = Promise(
    8.0, frozenset(VIEWERS), frozenset({"camera offline"}), frozenset({PAGE}), WORDS, cameras=frozenset({"front"})
)
OUTAGE = Window("a camera is gone", "camera", AWAY, BEGIN + 10, BEGIN + 10, BEGIN + 16, BEGIN + 16, BEGIN + 18)


def at(second: float) -> float:
    return BEGIN + second


def usage(second: float, descriptors: int = 20, threads: int = 5, memory_bytes: int = 50_000_000) -> Usage:
    return Usage("stream-1", at(second), descriptors, threads, memory_bytes)


def as_promised(*, outage: bool = False) -> Record:
    """Everybody gets everything for forty seconds; with `outage` the camera is away from 10 to 16 s."""
    record = Record(since=BEGIN, until=at(SECONDS), pages=frozenset({PAGE}))
    away = range(10 * FPS, 18 * FPS) if outage else range(0)
    for frame in range(SECONDS * FPS):
        second = frame / FPS
        for viewer in OTHERS if frame in away else sorted(STREAMED):
            record.add(Sight(viewer, camera_of(viewer), at(second) + 0.05, at(second), live=True))
    for second in range(-1, SECONDS + 1):
        for camera in ("front", "back"):
            record.add(Painted(camera, at(second), second * FPS))
        record.add(Sessions("front", at(second - SECONDS), 1))
    for slot in range(0, SECONDS, 4):
        missed = outage and 8 <= slot <= 16
        record.add(SlotRow("front", at(slot), at(slot + 4), int(not missed), ("camera offline",) * missed))
    record.add(ArchivedPicture("front", at(4), 4, at(4.3), at(4.2)))
    for reading in range(6):
        record.add(usage(reading))
    if outage:
        record.windows.append(OUTAGE)
        record.add(Told(PAGE, at(11), ("front: The camera is offline",)))
    return record


def lose(record: Record, viewer: str, begin: float, end: float) -> None:
    """The viewer gets none of these seconds' pictures."""
    record.sights = [
        sight for sight in record.sights if sight.viewer != viewer or not at(begin) <= (sight.taken_at or 0.0) < at(end)
    ]


def breaches(record: Record) -> list[str]:
    return [f"{breach.promise}: {breach.words}" for promise in PROMISES for breach in promise.breaches(record)]


@pytest.mark.parametrize("outage", [False, True])
def test_nothing_is_found_where_all_is_as_promised(outage: bool) -> None:
    """A lab that cries wolf is switched off."""
    assert breaches(as_promised(outage=outage)) == []


@pytest.mark.parametrize(("facts", "words"), [
    ([Sight(VIEWER, "front", at(20), at(14), live=True)], "6.0 s old and marked live"),
    ([Sight("snapshot front stream-2", "front", at(20), at(22), live=True)], "from the future"),
    ([ArchivedPicture("front", at(8), 4, at(9), at(2))], "7.0 s too late"),
    ([ArchivedPicture("front", at(8), 4, at(9), at(18))], "9.0 s too early"),
    ([ArchivedPicture("front", at(8), 4, at(18), at(18))], "6.0 s too early"),
    ([Sessions("front", at(20) + step / 2, 2) for step in range(6)], "2 connections"),
    ([SlotRow("front", at(40), at(44), 0, ())], "lost"),
    ([SlotRow("front", at(44), at(48), 1, ())], "nothing is known of the time"),
    ([SlotRow("front", at(40), at(44), 1, ("camera offline",))], "doubled"),
    ([SlotRow("front", at(40), at(44), 2, ())], "doubled"),
    ([SlotRow("front", at(40), at(44), 0, ("",))], "has the reason ''"),
    ([SlotRow("front", at(40), at(44), 0, ("disk full",))], "'disk full', not a frame"),
    ([Lost("the file front/2026/x.webp", at(20))], "is gone"),
    ([Leak("the log ingest.000.log", "the camera's password", at(20))], "stands in the log"),
    ([usage(10 + step, descriptors=60) for step in range(3)], "60 descriptors"),
    ([usage(10 + step, threads=30) for step in range(3)], "30 threads"),
    ([usage(10 + step, memory_bytes=300_000_000) for step in range(3)], "memory bytes"),
])  # fmt: skip
def test_each_made_up_breach_is_found(facts: list[Fact], words: str) -> None:
    """And it is the only one."""
    record = as_promised()
    for fact in facts:
        record.add(fact)

    (found,) = breaches(record)

    assert words in found


def test_threads_that_wait_for_a_cpu_are_no_leak() -> None:
    """Each request that waits holds one. On a machine with time they are one."""
    record = as_promised()
    for step in range(3):
        record.add(usage(30 + step, threads=11))
    assert "11 threads" in breaches(record)[0]

    for second in range(24, 32):
        record.add(Late(at(second), 0.5, "stream-1"))
    assert breaches(record) == []


def test_lost_frames_are_found_outside_of_faults_alone() -> None:
    record = as_promised(outage=True)
    lose(record, VIEWER, 22, 30)

    (found,) = breaches(record)

    assert "frames in" in found


def test_four_of_five_frames_are_too_few() -> None:
    """Over the whole time, not at once."""
    record = as_promised(outage=True)
    record.sights = [
        sight for sight in record.sights if sight.viewer != VIEWER or round((sight.taken_at or 0.0) * FPS) % 5 != 0
    ]

    (found,) = breaches(record)

    assert f"{VIEWER} got" in found


def test_a_viewer_that_gets_nothing_at_all_is_judged() -> None:
    record = as_promised()
    record.sights = [sight for sight in record.sights if sight.viewer != VIEWER]

    (found,) = breaches(record)

    assert f"{VIEWER} got 0 of" in found


def test_a_viewer_of_another_camera_is_judged_while_a_camera_is_away() -> None:
    """A fault excuses those alone whom it concerns."""
    record = as_promised(outage=True)
    lose(record, OTHERS[0], 11, 17)

    (found,) = breaches(record)

    assert f"{OTHERS[0]} got" in found


def test_between_its_edges_a_fault_may_excuse_nobody() -> None:
    """A clock that is wrong, after the service that has it was started anew, costs no frame."""
    record = as_promised()
    edges = replace(AWAY, at_edges=True, pages=frozenset())
    record.windows.append(Window("a clock is wrong", "clock", edges, at(5), at(8), at(30), at(33), at(34)))
    lose(record, VIEWER, 5, 8)
    lose(record, VIEWER, 30, 34)
    assert breaches(record) == []

    lose(record, VIEWER, 12, 20)
    assert len(breaches(record)) == 1


CLOCK = Promise(25.0, NOBODY, frozenset({"archiver down"}), at_edges=True)
SET = Window("a clock is set", "clock", CLOCK, at(5), at(8), at(30), at(33), at(34))


@pytest.mark.parametrize(("begin", "is_excused"), [
    (6, True),
    (7.9, True),
    (8.1, False),
    (12, False),
    (20, False),
    (25, False),
    (28, True),
    (32, True),
    (35, False),
])  # fmt: skip
def test_a_wrong_clock_spoils_slots_at_its_edges_alone(begin: float, is_excused: bool) -> None:
    """The service is started anew from 5 to 8 and from 30 to 34 s. In between it works, by whatever clock."""
    record = as_promised()
    record.windows.append(SET)

    assert bool(true_reasons(record, SlotRow("front", at(begin), at(begin + 3), 0, ()))) is is_excused


def test_a_clock_that_is_set_ahead_leaps_over_slots() -> None:
    record = as_promised()
    record.windows.append(replace(SET, promise=replace(CLOCK, dates_ahead_seconds=7)))

    assert true_reasons(record, SlotRow("front", at(12), at(15), 0, ()))
    assert not true_reasons(record, SlotRow("front", at(16), at(19), 0, ()))


def test_a_wrong_clock_excuses_no_wrong_date() -> None:
    """Pictures that were dated in doubt are dated anew. Those of a clock in no doubt are wrong by what it is ahead."""
    record = as_promised()
    record.windows.append(SET)
    record.add(ArchivedPicture("front", at(24), 4, at(27), at(20)))
    assert len(breaches(record)) == 1

    record.windows[:] = [replace(SET, promise=replace(CLOCK, dates_ahead_seconds=7))]
    assert breaches(record) == []

    record.archived.clear()
    record.add(ArchivedPicture("front", at(32), 4, at(33), at(20)))
    assert len(breaches(record)) == 1


def test_a_wrong_clock_excuses_no_stale_picture() -> None:
    record = as_promised()
    record.windows.append(replace(SET, promise=replace(CLOCK, viewers=frozenset(VIEWERS))))
    record.add(Sight(VIEWER, "front", at(20), at(14), live=True))

    (found,) = breaches(record)

    assert "6.0 s old and marked live" in found


@pytest.mark.parametrize("fault", [fault for fault in EVERY if fault.kind == "clock"], ids=lambda fault: fault.name)
def test_every_clock_spoils_slots_at_its_edges_alone(fault: Fault) -> None:
    assert fault.promise.at_edges
    assert fault.promise.cameras == frozenset({"front", "back"}) or not fault.promise.reasons


def test_frames_are_not_judged_where_the_lab_itself_was_late() -> None:
    """A machine that is busy elsewhere says nothing of Framecast."""
    record = as_promised(outage=True)
    lose(record, VIEWER, 22, 26)
    record.add(Late(at(26), 4.0))

    assert breaches(record) == []


def test_a_part_that_was_late_excuses_only_what_passes_through_it() -> None:
    """An archiver that waits for a CPU costs no viewer a frame."""
    record = as_promised(outage=True)
    lose(record, VIEWER, 22, 26)
    record.add(Late(at(26), 4.0, "archiver"))

    assert len(breaches(record)) == 1


def test_the_lateness_of_the_lab_is_granted_to_an_age() -> None:
    record = as_promised()
    record.add(Sight(VIEWER, "front", at(20), at(14), live=True))
    record.add(Late(at(19), 3.0))

    assert breaches(record) == []


def test_a_fault_may_allow_older_pictures_to_those_whom_it_concerns() -> None:
    """An ingest that gets no CPU time judges late."""
    record = as_promised()
    starved = replace(AWAY, live_slack_seconds=3.0, pages=frozenset())
    record.windows.append(replace(OUTAGE, promise=starved))
    lose(record, VIEWER, 10, 16.9)
    record.add(Sight(VIEWER, "front", at(17), at(10), live=True))

    assert breaches(record) == []

    record.add(Sight(VIEWER, "front", at(17.5), at(9), live=True))
    assert len(breaches(record)) == 1


def test_a_page_that_says_nothing_for_three_seconds_is_found() -> None:
    record = as_promised(outage=True)
    record.told = [Told(PAGE, at(second), ()) for second in range(10, 16)]

    (found,) = breaches(record)

    assert "does not tell of 'a camera is gone'" in found


@pytest.mark.parametrize("words", [
    "front: Its pictures come through FFmpeg: the camera's answer is odd",
    "back: The camera is offline",
    "front: The clock of ingest's host is 7 s ahead of this one's: set both by NTP",
    "The archive can't be reached.",
])  # fmt: skip
def test_words_about_something_else_tell_nothing(words: str) -> None:
    """Standing notices, another camera, another trouble."""
    record = as_promised(outage=True)
    record.told = [Told(PAGE, at(second), (words,)) for second in range(10, 16)]

    (found,) = breaches(record)

    assert f"it shows: {words}" in found


def test_words_that_come_later_are_too_late() -> None:
    record = as_promised(outage=True)
    record.told = [Told(PAGE, at(10.5), ()), Told(PAGE, at(14), ("front: The camera is offline",))]

    assert len(breaches(record)) == 1


def test_a_page_without_an_answer_says_so_itself() -> None:
    """It counts for a fault that makes an answer impossible, and for no other."""
    record = as_promised(outage=True)
    record.told = [Told(PAGE, at(11), (), answered=False)]
    assert len(breaches(record)) == 1

    hung = replace(AWAY, words=ARCHIVER_SILENT)
    record.windows = [replace(OUTAGE, promise=hung)]
    assert breaches(record) == []


def test_a_fault_that_was_over_before_it_had_to_be_told_is_no_breach() -> None:
    record = as_promised(outage=True)
    record.told = []
    record.windows = [replace(OUTAGE, ending=at(12))]

    assert breaches(record) == []


@pytest.mark.parametrize(("begin", "is_excused"), [
    (5, False),
    (6.8, True),
    (12, True),
    (17.9, True),
    (18.1, False),
    (21, False),
])  # fmt: skip
def test_a_reason_is_true_only_while_its_fault_is_on(begin: float, is_excused: bool) -> None:
    """Of the fault from 10 to 18 s: a slot of 3 s just before it may not be stored yet, and none begins after it."""
    record = as_promised(outage=True)

    assert bool(true_reasons(record, SlotRow("front", at(begin), at(begin + 3), 0, ()))) is is_excused


def test_a_reason_is_true_of_the_fault_s_own_camera_alone() -> None:
    record = as_promised(outage=True)

    assert true_reasons(record, SlotRow("front", at(12), at(15), 0, ())) == {"camera offline"}
    assert true_reasons(record, SlotRow("back", at(12), at(15), 0, ())) == set()


def test_a_gap_after_the_promised_recovery_is_no_excused_one() -> None:
    """A recovery that takes longer is a breach of its own, and no excuse."""
    record = as_promised()
    record.windows.append(replace(OUTAGE, recovered=at(39)))

    assert true_reasons(record, SlotRow("front", at(23), at(26), 0, ())) == {"camera offline"}
    assert true_reasons(record, SlotRow("front", at(24.5), at(27.5), 0, ())) == set()


def test_a_gap_of_a_machine_without_time_has_one_reason() -> None:
    """Lateness extends a fault by no more than a slot."""
    record = as_promised(outage=True)
    record.add(Late(at(25), 3.0))

    assert true_reasons(record, SlotRow("front", at(23), at(26), 0, ())) == {"no fresh picture"}


def test_a_camera_that_got_no_cpu_time_is_stalled_in_truth() -> None:
    """The lab's cameras are processes of the same machine. Another camera's lateness, or ingest's, explains nothing."""
    slot = SlotRow("front", at(23), at(26), 0, ())
    for part, reasons in (("camera front", {"camera stalled"}), ("camera back", set()), ("ingest", set())):
        record = as_promised()
        record.add(Late(at(24), 1.2, part))
        assert true_reasons(record, slot) == reasons


def test_a_store_that_got_no_cpu_time_is_not_available_in_truth() -> None:
    """The lab's object store is a process of the same machine, too."""
    slot = SlotRow("front", at(23), at(26), 0, ())
    for seconds, reasons in ((1.0, set()), (2.0, {"storage unavailable"})):
        record = as_promised()
        record.add(Late(at(25), seconds, OBJECT_STORE))
        assert true_reasons(record, slot) == reasons


def test_one_reading_above_the_baseline_is_no_leak() -> None:
    """A request may be under way just then."""
    record = as_promised()
    record.add(usage(20, descriptors=60))

    assert breaches(record) == []


def test_faults_that_nobody_may_notice_excuse_nobody() -> None:
    record = as_promised()
    record.windows.append(replace(OUTAGE, promise=Promise(5.0, NOBODY)))
    lose(record, VIEWER, 22, 30)

    assert len(breaches(record)) == 1


def test_a_campaign_that_judged_next_to_nothing_fails() -> None:
    """Whatever was wrong, it would not have been seen."""
    assert list(enough(Judged(judged=150.0, disturbed=100.0, whole=300.0), at(0))) == []
    (found,) = enough(Judged(judged=14.0, disturbed=100.0, whole=300.0), at(0))
    assert "186 s the machine was too busy" in found.words
    assert list(enough(Judged(), at(0)))


def test_the_words_of_each_fault_are_said_by_the_services() -> None:
    """Else a sentence that was changed would be missed in a campaign of ten minutes, and here in no time."""
    files = *Path("services").rglob("*.py"), *Path("shared").rglob("*.py"), Path("pages/texts.js")
    said = "".join(file.read_text() for file in files)
    mine = {word for fault in EVERY for word in fault.promise.words} - {NO_ANSWER, *DISK_FULL, *DISK_READ_ONLY}

    assert [word for word in sorted(mine) if word.removeprefix("front: ") not in said] == []
    assert DISK_FULL[0] == os.strerror(errno.ENOSPC)[: len(DISK_FULL[0])]
    assert DISK_READ_ONLY[0] == os.strerror(errno.EROFS)


def test_trouble_that_a_greater_one_hides_is_told_in_the_words_of_that() -> None:
    """While ingest is silent, nobody knows of a camera. What was over before hides nothing, nor what is elsewhere."""
    record = as_promised(outage=True)
    record.told = [Told(PAGE, at(11), ("Ingest is unreachable.",))]
    assert len(breaches(record)) == 1

    away = Promise(12.0, frozenset(VIEWERS), frozenset({"camera offline"}), frozenset({PAGE}), INGEST)
    silent = Window("ingest is down", "processes", away, at(10.5), at(10.5), at(16), at(16), at(18))
    for hides, other in (
        (True, silent),
        (False, replace(silent, began=at(1), in_place=at(1), ending=at(5), ended=at(5), recovered=at(6))),
        (False, replace(silent, promise=replace(away, pages=frozenset({"archive page stream-1"})))),
    ):
        record.windows = [OUTAGE, other]
        assert (breaches(record) == []) == hides


@pytest.mark.parametrize(("replica", "hides"), [("stream-1", True), ("stream-2", False)])
def test_a_replica_that_stands_still_tells_of_no_camera(replica: str, hides: bool) -> None:
    record = as_promised(outage=True)
    record.told = [Told(PAGE, at(11), (), answered=False)]
    still = Promise(12.0, at_replica(replica))
    record.windows.append(Window("it stands still", "processes", still, at(9), at(9), at(16), at(16), at(18)))

    assert (breaches(record) == []) == hides


def test_a_fault_that_is_told_says_in_which_words() -> None:
    assert [fault.name for fault in EVERY if bool(fault.promise.pages) != bool(fault.promise.words)] == []


def test_a_page_that_stands_without_a_picture_is_found() -> None:
    """A real browser's: it says nothing, and shows nothing live."""
    viewer = " ".join(BROWSER)
    record = as_promised()
    for look in range(2 * SECONDS):
        record.add(Sight(viewer, "front", at(look / 2), at(look / 2) - 0.1, live=True))
    assert breaches(record) == []

    record.sights = [
        replace(sight, live=False) if sight.viewer == viewer and sight.at > at(30) else sight for sight in record.sights
    ]
    (found,) = breaches(record)
    assert "showed a live picture at" in found


def test_a_page_that_nobody_opened_is_not_judged() -> None:
    """A short campaign has no browser."""
    record = as_promised(outage=True)
    record.told, record.pages = [], frozenset()

    assert breaches(record) == []


def test_an_archive_that_settles_no_slots_or_can_not_be_read_is_a_breach() -> None:
    """Else its slots would be judged by nobody, and all would look well."""
    settled = {"front": at(30), "back": at(10)}
    assert [breach.subject for breach in unsettled(settled, at(32), 10)] == ["back"]
    assert [breach.subject for breach in unsettled({"front": at(30)}, at(32), 10)] == ["back"]
    assert [breach.words for breach in is_read("it is locked", at(0))]
    assert list(is_read(None, at(0))) == []


def test_slots_that_are_not_settled_yet_are_looked_at_again() -> None:
    """However old they are: an archive that settles them late is judged late, and not never."""
    assert next_slots_from(at(0), {"front": at(100), "back": at(100)}, at(101)) == at(65)
    assert next_slots_from(at(0), {"front": at(100), "back": at(30)}, at(101)) == at(27)
    assert next_slots_from(at(20), {"front": at(100)}, at(101)) == at(20)


def test_a_slot_that_nobody_judged_is_a_breach_and_one_that_is_not_settled_yet_is_counted() -> None:
    archive = JudgedArchive(3, since=1000.0, until=1060.0)
    every = [(camera, start) for camera in ("back", "front") for start in range(1002, 1058, 3)]
    archive.slots = {*every[:-2], ("front", 990)}
    assert archive.left() == every[-2:]
    assert list(escaped(archive, 24)) == []

    archive.slots.remove(every[3])
    (found,) = escaped(archive, 24)
    assert "1 slots of back were judged by nobody, the first from 1011 on" in found.words


def test_pictures_that_nobody_can_read_are_counted() -> None:
    """A camera without a clock in its picture says nothing of its age."""
    streams, archive = Judged(), JudgedArchive(3)
    streams.add(Sight(VIEWER, "front", at(1), taken_at, live=live) for taken_at, live in ((at(1), True), (None, True)))
    streams.add([Sight(VIEWER, "front", at(1), None, live=False)])
    archive.add([], [ArchivedPicture("front", at(0), 3, at(1), taken_at) for taken_at in (at(1), None, None)])
    assert (streams.pictures, streams.without_clock) == (1, 1)
    assert (archive.pictures, archive.without_clock) == (1, 2)

    archive.unread = 2
    (found,) = escaped(archive, 24)
    assert "2 archived pictures could not be read" in found.words


def test_parts_that_are_late_at_the_same_time_are_not_added_up() -> None:
    """Else a busy machine would have as many seconds of grace in each second as it has parts."""
    record = as_promised()
    for part in ("ingest", "camera front", "stream-1", "archiver"):
        record.add(Late(at(20), 0.5, part))
    record.add(Late(at(20.5), 0.5, "ingest"))
    assert record.late_seconds(at(10), at(30)) == 1.0
    assert record.late_seconds(at(10), at(30), frozenset({"ingest", "stream-1"})) == 1.5
