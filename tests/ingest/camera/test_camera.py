"""A camera from connecting to reconnecting, with a scripted source and a clock that the test moves."""

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from services.ingest.camera.camera import DISCONNECT_AFTER_SECONDS, Camera
from services.ingest.camera.policy import CameraPolicy
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.camera.retries import PROBE_SECONDS
from services.ingest.camera.state import ObservedState
from services.ingest.decoding.jpeg_encoder import JpegEncoder
from services.ingest.decoding.picture_limits import PictureRefusedError
from services.ingest.decoding.pictures import BgrPicture
from services.ingest.sources import (
    SourceFacts,
    SourceSilentError,
    SourceUnauthorizedError,
    SourceUnavailableError,
    SourceUndecodableError,
    SourceUnsupportedError,
    Verdict,
    failure_reasons,
)
from shared.bus.frames import Frame
from shared.bus.status import MAX_FPS, CameraState
from shared.clock import Clock

FRAME_SECONDS = 1 / 30


@pytest.fixture(autouse=True)
def without_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.ingest.camera.retries.random.uniform", lambda low, high: (low + high) / 2)


Step = SourceUnavailableError | Callable[[], object] | None


def steps(*of: Step | list[None]) -> Iterator[Step]:
    """A script: a list stands for its elements."""
    return (each for one in of for each in (one if isinstance(one, list) else [one]))


@dataclass
class Scene:
    """A scripted source, a frame sink that remembers, and the time, in one: everything around the camera.

    Each step of the script is what the next `open` or `grab` does: None for a success, an error to raise, or something
    to call. When the script is at its end, the camera is told to stop.
    """

    script: Iterator[Step]
    policy: CameraPolicy = field(default_factory=CameraPolicy)
    probe: Callable[[], bool] | None = None
    is_still: bool = False
    late: float = 0.0
    is_damaged: bool = False
    while_decoding: Callable[[], object] | None = None
    now: float = 1000.0
    in_words: Callable[[str], str] = str
    opened_at: list[float] = field(default_factory=list)
    told_why: list[SourceUnavailableError | None] = field(default_factory=list)
    source_facts: SourceFacts = field(default_factory=lambda: SourceFacts(codec="h264"))
    worked_at: list[float] = field(default_factory=list)
    max_fps: float = 30.0
    notice: str | None = None
    has_choice: bool = False
    prefers_another: bool = False
    is_second: bool = False
    frames: list[Frame] = field(default_factory=list)
    observed: list[ObservedState] = field(default_factory=list)
    retrieved: int = 0
    closed: int = 0
    interrupted: int = 0
    camera: Camera = field(init=False)

    def __post_init__(self) -> None:
        clock = Clock(utc_ns=lambda: int(self.now * 1e9), monotonic=lambda: self.now)
        renditions = Renditions("cam1", RenderingOptions(max_fps=self.max_fps))
        self.camera = Camera(
            "cam1", self, renditions, policy=self.policy, probe=self.probe, clock=clock, in_words=self.in_words
        )

    def run(self) -> None:
        self.camera.run(self._stop_event(), self)

    def _stop_event(self) -> threading.Event:
        scene = self

        class Stop(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                scene.now += timeout or 0
                return self.is_set()

        self._stop = Stop()
        return self._stop

    def _step(self) -> None:
        try:
            step = next(self.script)
        except StopIteration:
            self._stop.set()
            step = SourceUnavailableError("the script is over")
        if isinstance(step, SourceUnavailableError):
            raise step
        if step is not None:
            step()

    def __call__(self) -> "Scene":
        self.open()
        return self

    def worked(self) -> None:
        self.worked_at.append(self.now)

    def ended(self, error: SourceUnavailableError | None) -> Verdict:
        self.told_why.append(error)
        is_first = error is not None and self.has_choice and not self.is_second
        self.is_second = is_first
        return Verdict(str(error), tries_another=is_first)

    def open(self) -> None:
        self.opened_at.append(self.now)
        self._step()

    def grab(self) -> bool:
        self.now += FRAME_SECONDS
        self._step()
        return True

    def retrieve(self) -> BgrPicture | None:
        self.retrieved += 1
        if self.while_decoding is not None:
            self.while_decoding()
        level = 90 if self.is_still else self.retrieved % 256
        return None if self.is_damaged else BgrPicture(np.full((48, 64, 3), level, np.uint8))

    def interrupt(self) -> None:
        self.interrupted += 1

    def late_seconds(self) -> float:
        return self.late

    def facts(self) -> SourceFacts:
        return self.source_facts

    def close(self) -> None:
        self.closed += 1

    def publish(self, frame: Frame) -> None:
        self.frames.append(frame)

    def state_changed(self) -> None:
        self.observed.append(self.camera.observed)

    @property
    def states(self) -> list[CameraState]:
        return [observed.state for observed in self.observed]

    @property
    def pauses(self) -> list[float]:
        return [round(later - earlier, 1) for earlier, later in pairwise(self.opened_at)]


def test_frames_are_grabbed_but_not_retrieved_while_nobody_subscribes() -> None:
    """Without a subscriber nothing is decoded into a picture or encoded."""
    scene = Scene(iter([None] * 10))
    scene.run()
    assert scene.retrieved == 0
    assert scene.frames == []
    assert scene.states[0] is CameraState.IDLE
    assert scene.camera.facts.codec == "h264"


def test_a_connection_that_was_lost_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder has some MB. Python's collector may come late, so here it does not come by itself."""

    class Connection:
        def __getattr__(self, name: str) -> object:
            return getattr(scene, name)

    connections: list[weakref.ref[Connection]] = []
    held: list[int] = []

    def opened(_: Scene) -> Connection:
        held.append(sum(reference() is not None for reference in connections))
        scene.open()
        connection = Connection()
        connections.append(weakref.ref(connection))
        return connection

    def lost() -> None:
        raise SourceSilentError("It is silent.")

    monkeypatch.setattr(Scene, "__call__", opened)
    monkeypatch.setattr(Scene, "ended", lambda *_: Verdict("It is silent."))  # the scene's own keeps all errors
    scene = Scene(iter([None, None, lost] * 3))
    gc.disable()
    try:
        scene.run()
    finally:
        gc.enable()
    assert held == [0, 0, 0, 0]


def test_a_subscription_makes_it_publish_and_live() -> None:
    """Each frame carries its size, its time and the next sequence number."""
    scene = Scene(iter([None] * 6))
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert [frame.sequence for frame in scene.frames] == [1, 2, 3, 4, 5]
    assert {(frame.width, frame.height, frame.live) for frame in scene.frames} == {(64, 48, True)}
    assert scene.frames[0].captured_at_ns == pytest.approx((1000 + FRAME_SECONDS) * 1e9, abs=1000)
    assert scene.states[0] is CameraState.LIVE


def test_a_new_subscription_wakes_a_source_that_waits_for_the_next_frame() -> None:
    """The source keeps its newest frame, so a newcomer to a slow camera need not wait for the next."""
    scene: Scene = Scene(steps([None] * 3, lambda: scene.camera.want(frozenset({"main"}))))
    scene.run()
    assert scene.interrupted == 1
    assert len(scene.frames) == 1


def test_with_or_without_subscribers_it_delivers_since_the_same_instant() -> None:
    """`since` is about the camera, not about its viewers."""
    scene: Scene = Scene(steps([None] * 3, lambda: scene.camera.want(frozenset({"main"})), [None] * 2))
    scene.run()
    idle, live = scene.observed[:2]
    assert (idle.state, live.state) == ("idle", "live")
    assert idle.since_ns == live.since_ns


def test_it_tries_again_for_ever_with_pauses_that_double_up_to_half_a_minute() -> None:
    """A camera that is off for the night is found within half a minute in the morning."""
    scene = Scene(iter([SourceUnavailableError("refused")] * 10))
    scene.run()
    assert scene.pauses[:9] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert [str(why) for why in scene.told_why[:10]] == ["refused"] * 10


def test_a_camera_that_answers_again_is_tried_at_once() -> None:
    """Whatever the pause had grown to, a reboot costs no more than the boot."""
    scene = Scene(iter([SourceSilentError("refused")] * 7), probe=lambda: scene.now > 1050)
    scene.run()
    assert scene.pauses[:6] == [0.5, 1, 2, 4, 8, 16]
    assert scene.pauses[6] == pytest.approx(1050 - scene.opened_at[6], abs=1.1)


def test_a_camera_that_came_back_but_is_not_ready_is_tried_again_soon() -> None:
    """While a camera boots, its port may be open before there is a stream."""
    scene = Scene(iter([SourceSilentError("refused")] * 10), probe=lambda: scene.now > 1050)
    scene.run()
    assert scene.pauses[7:10] == [0.5, 1, 2]


def test_a_camera_that_answers_but_fails_is_given_its_pauses() -> None:
    """A camera with a broken stream is not tried all the time because its port is open."""
    scene = Scene(iter([SourceSilentError("no answer to the second question")] * 8), probe=lambda: True)
    scene.run()
    assert scene.pauses[:7] == [0.5, 1, 2, 4, 8, 16, 30]


def test_a_camera_is_asked_only_after_silence_and_until_its_first_answer() -> None:
    """A camera with few connections refuses because of them. More questions would keep it busy."""
    asked: list[float] = []

    def probe() -> bool:
        asked.append(scene.now)
        return True

    scene = Scene(iter([SourceUnavailableError("453")] * 8), probe=probe)
    scene.run()
    assert asked == []
    scene = Scene(iter([SourceSilentError("no answer")] * 8), probe=probe)
    scene.run()
    assert len(asked) == len([pause for pause in scene.pauses if pause > PROBE_SECONDS])


def test_steady_pictures_make_the_pauses_short_again() -> None:
    """After steady pictures the next outage is a new one. A camera that fails after one frame is not steady."""
    gone = SourceUnavailableError("gone")
    steady = [None] * 200
    scene = Scene(iter([gone, gone, None, None, gone, *steady, gone, gone]))
    scene.run()
    assert scene.pauses[:3] == [0.5, 1, pytest.approx(2, abs=0.2)]
    assert scene.pauses[3] == pytest.approx(200 * FRAME_SECONDS + 0.5, abs=0.2)


def test_refused_credentials_are_tried_after_a_minute_and_then_ever_more_seldom() -> None:
    """Cameras lock out clients that keep guessing, so there are at most five tries in half an hour."""
    scene = Scene(iter([SourceUnauthorizedError("wrong")] * 6), probe=lambda: True)
    scene.run()
    assert scene.pauses[:6] == [60, 120, 240, 480, 600, 600]
    assert scene.states == [CameraState.UNAUTHORIZED, CameraState.OFFLINE]


def test_an_outage_is_reported_with_its_reason_and_its_beginning() -> None:
    """Stalled, then offline: that is one outage since its first moment, and one reconnect."""
    gone = SourceUnavailableError("gone")
    refused = SourceUnavailableError("refused")
    scene = Scene(iter([None, None, gone, refused, None, None]))
    scene.run()
    idle, stalled, offline, back = scene.observed[:4]
    assert [one.state for one in (idle, stalled, offline, back)] == ["idle", "stalled", "offline", "idle"]
    assert (stalled.last_error, offline.last_error) == ("gone", "refused")
    assert stalled.since_ns == offline.since_ns < back.since_ns
    assert (back.last_error, back.reconnects) == (None, 1)


def test_damaged_pictures_only_are_a_stall_with_a_reason_of_its_own() -> None:
    """Frames arrive and none can be shown. Nothing was lost, so nothing is said of it; the connection is kept."""
    scene = Scene(iter([None] * 200), is_damaged=True)
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert scene.states[0] is CameraState.STALLED
    assert scene.observed[0].last_error == failure_reasons.NO_CLEAN_PICTURE
    assert scene.observed[0].since_ns == pytest.approx(1005e9, abs=0.1e9)
    assert scene.frames == []
    assert len(scene.opened_at) == 1


def test_a_picture_that_never_changes_is_frozen_when_that_is_asked_for() -> None:
    """Frozen frames are not published as live. The first change ends the freeze."""
    scene: Scene = Scene(
        steps([None] * 400, lambda: setattr(scene, "is_still", False), [None] * 3),
        policy=CameraPolicy(frozen_seconds=10),
        is_still=True,
    )
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert scene.states[:3] == [CameraState.LIVE, CameraState.FROZEN, CameraState.LIVE]
    frozen, again = scene.observed[1:3]
    assert frozen.since_ns == pytest.approx(1010e9, abs=0.1e9)
    assert "same picture" in (frozen.last_error or "")
    between = [frame for frame in scene.frames if frozen.since_ns < frame.captured_at_ns < again.since_ns]
    assert between == []


def test_a_camera_nobody_wants_is_disconnected_when_that_is_asked_for_and_comes_back_for_the_next_one() -> None:
    """This is for battery and mobile cameras. The state stays idle, because nothing is wrong."""
    grabs_until_asleep = round(DISCONNECT_AFTER_SECONDS / FRAME_SECONDS) + 5
    scene = Scene(iter([None] * grabs_until_asleep), policy=CameraPolicy(disconnects_when_idle=True))

    class Woken(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002
            scene.now += 100
            scene.script = iter([None] * 3)
            scene.camera.want(frozenset({"main"}))
            return True

    scene.camera._wanted._more = Woken()
    scene.run()
    assert scene.pauses[0] == pytest.approx(DISCONNECT_AFTER_SECONDS + 100, abs=0.2)
    assert scene.states[:2] == [CameraState.IDLE, CameraState.LIVE]
    assert scene.observed[1].reconnects == 0


def test_the_rate_is_measured_not_believed() -> None:
    """The rate that a camera claims is often wrong."""
    scene = Scene(iter([None] * 90))
    assert scene.camera.fps is None
    scene.run()
    assert scene.camera.fps == pytest.approx(30, abs=0.5)
    scene.now += 10
    assert scene.camera.fps is None


def rates_of(count: int, seconds_between: float) -> list[float | None]:
    """The camera's rate after each of `count` frames."""
    rates: list[float | None] = []

    def hasten() -> None:
        scene.now += seconds_between - FRAME_SECONDS
        rates.append(scene.camera.fps)

    scene = Scene(iter([None, *[hasten] * count]))
    scene.run()
    return rates


def test_frames_that_come_all_at_once_have_no_rate() -> None:
    """FFmpeg hands out at once what it received while it was opening."""
    assert rates_of(200, 0.0) == [None] * 200


def test_a_rate_is_never_beyond_what_a_status_can_say() -> None:
    """A rate of thousands made no status, and so ended the camera's process."""
    assert max(rate for rate in rates_of(1500, 0.0005) if rate is not None) == MAX_FPS


def test_an_error_that_nobody_foresaw_is_the_connections_failure_and_its_text_is_told_nowhere(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A camera's bytes may trip any parser, whose words may repeat them. The next connection may use another reader."""

    def trip() -> None:
        raise IndexError("near s3cret")

    scene = Scene(steps(None, None, trip, None, None))
    scene.run()
    assert len(scene.opened_at) == 2
    assert scene.closed == 2
    assert type(scene.told_why[0]) is SourceUnsupportedError
    assert "IndexError" in (scene.observed[1].last_error or "")
    assert "s3cret" not in repr(scene.observed) + "".join(capfd.readouterr())


def test_a_lack_of_memory_is_not_the_connections_failure() -> None:
    """It ends the process, whose exit code tells the owner which limit was met."""

    def exhaust() -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        Scene(steps(None, exhaust)).run()


def test_a_picture_beyond_a_limit_is_the_cameras_failure_in_its_words() -> None:
    """It is connected anew ever more seldom, as after any failure: the owner may choose a smaller picture."""
    scene = Scene(steps([None] * 12))
    scene.camera.want(frozenset({"main"}))

    def refuse() -> None:
        raise PictureRefusedError("1 pixel too many")

    scene.retrieve = refuse  # type: ignore[method-assign]
    scene.run()
    assert [observed.last_error for observed in scene.observed] == ["1 pixel too many", "the script is over"]
    assert scene.states[0] is CameraState.OFFLINE
    assert scene.closed == len(scene.opened_at) - 1, "the script ends with an open that fails"
    assert scene.pauses[:4] == [0.5, 1.0, 2.0, 4.0]


def stream_of_nothing(**options: Any) -> Scene:
    """Frames arrive for a minute, none can be shown, and there is another reader."""
    return Scene(steps([None] * 1800), is_damaged=True, has_choice=True, **options)


def test_a_stream_that_never_becomes_a_picture_is_the_other_readers_turn_before_the_pauses_grow() -> None:
    """Also while nobody watches: the first viewer must not be who finds out."""
    scene = stream_of_nothing()
    scene.run()
    errors = [type(why) for why in scene.told_why[:4]]
    assert errors == [SourceUndecodableError] * 4
    first, second, third, _ = scene.pauses[:4]
    assert first == pytest.approx(5 + 0.5, abs=0.2), "the other reader, soon"
    assert second == pytest.approx(5 + 0.5, abs=0.2)
    assert third == pytest.approx(5 + 0.5, abs=0.2)
    assert scene.states[0] is CameraState.STALLED
    assert scene.opened_at[0] + 10 < scene.observed[0].since_ns / 1e9, "nothing is told before both have failed"


def test_after_both_readers_failed_the_pauses_grow() -> None:
    """Each round has two tries."""
    scene = Scene(iter([SourceUnavailableError("nothing came")] * 12), has_choice=True)
    scene.run()
    assert scene.pauses[:8] == [0.5, 0.5, 0.5, 1, 0.5, 2, 0.5, 4]


def test_a_new_connection_has_to_show_one_picture_though_nobody_wants_any() -> None:
    """Only so it is known that this is the right reader. After the first, nothing is decoded."""
    scene = Scene(steps([None] * 30), has_choice=True)
    scene.run()
    assert (scene.retrieved, len(scene.worked_at), scene.frames) == (1, 1, [])
    assert scene.states[0] is CameraState.IDLE


def test_a_key_frame_is_waited_for_in_words_of_its_own() -> None:
    """A camera that sends one every 12 s is neither stalled nor losing packets, and no other reader is sooner."""
    scene: Scene = Scene(
        steps([None] * 360, lambda: setattr(scene, "is_damaged", False), [None] * 3),
        is_damaged=True,
        has_choice=True,
        source_facts=SourceFacts(waits_for_key_frame=True),
    )
    scene.camera.want(frozenset({"main"}))
    scene.run()
    told = [(observed.state, observed.last_error) for observed in scene.observed[:3]]
    waits = failure_reasons.WAITS_FOR_KEY_FRAME
    assert told == [
        (CameraState.CONNECTING, f"{waits} It has waited for 5 s so far."),
        (CameraState.CONNECTING, f"{waits} It has waited for 10 s so far."),
        (CameraState.LIVE, None),
    ]
    assert scene.observed[2].reconnects == 0


def test_lost_packets_are_no_other_readers_turn() -> None:
    """They are lost for it, too."""
    scene = stream_of_nothing(source_facts=SourceFacts(lost_packets=9))
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert len(scene.opened_at) == 1
    assert scene.observed[0].last_error == failure_reasons.LOST_PACKETS


@pytest.mark.parametrize(
    ("wanted", "interval", "is_exchanged"), [(False, 3600, True), (True, 3600, False), (False, 60, False)]
)
def test_another_reader_is_tried_only_while_nobody_needs_pictures(
    wanted: bool, interval: int, is_exchanged: bool
) -> None:
    """Nobody watches, and no archived picture is due within a minute: a camera may allow one session at a time."""
    scene = Scene(
        steps([None] * 300),
        has_choice=True,
        prefers_another=True,
        policy=CameraPolicy(capture_interval_seconds=interval),
    )
    scene.camera.want(frozenset({"main"} if wanted else ()))
    scene.run()
    assert (None in scene.told_why) is is_exchanged
    if is_exchanged:
        assert scene.closed >= 1
        assert scene.pauses[0] == pytest.approx(5, abs=0.2), "at once"


def test_the_failure_of_a_reader_that_was_only_tried_is_nobodys_news() -> None:
    """The one that worked is back a moment later."""
    scene: Scene = Scene(
        steps(
            [None] * 160,
            lambda: setattr(scene, "prefers_another", True),
            SourceUnavailableError("no better"),
            lambda: setattr(scene, "prefers_another", False),
            [None] * 30,
        ),
        has_choice=True,
    )
    scene.run()
    assert [str(why) for why in scene.told_why[:2]] == ["None", "no better"]
    assert scene.states[0] is CameraState.IDLE
    assert "no better" not in [observed.last_error for observed in scene.observed]


def test_a_first_opening_that_takes_a_while_is_told_as_such() -> None:
    """A camera that sleeps takes ten seconds and more to answer; nobody should look for a fault meanwhile."""
    seen: list[ObservedState] = []

    def take_long() -> None:
        seen.append(scene.camera.observed)
        scene.now += 8
        seen.append(scene.camera.observed)

    scene = Scene(steps(take_long, [None] * 3), in_words=str.upper)
    scene.run()
    before, while_opening = seen
    assert (before.state, before.last_error) == (CameraState.CONNECTING, None)
    assert while_opening.state is CameraState.CONNECTING
    assert "STILL BEING OPENED. IT MAY TAKE 15 S" in (while_opening.last_error or "")
    assert scene.observed[0].last_error is None


def test_all_words_name_settings_as_the_user_knows_them() -> None:
    """In the state, and so in the log, and in the notices."""
    notice = SourceFacts(notice="see CAMERA_RTSP_URL")
    scene = Scene(steps([None] * 3, SourceUnavailableError("set CAMERA_FPS")), source_facts=notice, in_words=str.lower)
    scene.run()
    assert scene.observed[1].last_error == "set camera_fps"
    assert scene.camera.facts.notice == "see camera_rtsp_url"


def test_a_late_picture_bears_the_time_at_which_it_was_taken_and_is_told() -> None:
    """Viewers and the archive see when it was, not when it came."""
    scene: Scene = Scene(steps([None] * 3, lambda: setattr(scene, "late", 3.0), [None] * 40))
    scene.camera.want(frozenset({"main"}))
    scene.run()
    fresh, late = scene.frames[0], scene.frames[-1]
    assert fresh.captured_at_ns == pytest.approx((1000 + FRAME_SECONDS) * 1e9, abs=1000)
    assert late.captured_at_ns == pytest.approx((scene.now - 3.0) * 1e9, abs=1e8)
    assert scene.camera.facts.notice == failure_reasons.COME_LATE.format(3)
    assert CameraState.STALLED not in scene.states[:-1]


@pytest.mark.parametrize(("lacks_cpu_time", "words"), [(True, "This computer can't keep up"), (False, "come 6 s late")])
def test_pictures_that_are_too_late_are_not_shown_as_live(lacks_cpu_time: bool, words: str) -> None:
    """The reason is told, with the number, and it heals by itself."""
    scene: Scene = Scene(
        steps([None] * 12, lambda: setattr(scene, "late", 6.0), [None] * 3, lambda: setattr(scene, "late", 0.0), [None])
    )
    scene.source_facts = SourceFacts(lacks_cpu_time=lacks_cpu_time)
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert scene.states[:3] == [CameraState.LIVE, CameraState.STALLED, CameraState.LIVE]
    assert words in (scene.observed[1].last_error or "")


def test_a_picture_that_is_worked_on_for_too_long_leaves_no_old_one_live() -> None:
    """A computer with too much to do keeps the camera's thread in the midst of a picture; the other threads tell."""
    seen: list[ObservedState] = []

    def take_long() -> None:
        scene.while_decoding = None
        for _ in range(3):
            scene.now += 2.6
            seen.append(scene.camera.observed)

    scene: Scene = Scene(steps([None] * 6, lambda: setattr(scene, "while_decoding", take_long), [None] * 2))
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert [each.state for each in seen] == [CameraState.LIVE, CameraState.STALLED, CameraState.STALLED]
    assert "the newest picture is 5 s old" in (seen[1].last_error or "")
    assert seen[1] == seen[2], "ever new words would be ever new stand-ins"
    assert scene.states[:2] == [CameraState.LIVE, CameraState.LIVE], "that it is live again is told at once"


def test_a_picture_that_grows_too_old_while_it_is_encoded_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its age would have no limit: what was just in time when it was decoded is encoded for seconds."""
    encode = BgrPicture.to_jpeg

    def take_long(picture: BgrPicture, quality: int, encoder: JpegEncoder | None = None) -> bytes:
        scene.now += scene.late
        return encode(picture, quality, encoder)

    monkeypatch.setattr(BgrPicture, "to_jpeg", take_long)
    scene: Scene = Scene(
        steps([None] * 3, lambda: setattr(scene, "late", 3.0), [None], lambda: setattr(scene, "late", 0.0), [None] * 3)
    )
    scene.source_facts = SourceFacts(lacks_cpu_time=True)
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert scene.states[:3] == [CameraState.LIVE, CameraState.STALLED, CameraState.LIVE]
    assert "the newest picture is 6 s old" in (scene.observed[1].last_error or "")
    assert [frame.sequence for frame in scene.frames] == [1, 2, 5, 6, 7, 8], "two were too old when they were ready"


def test_pictures_that_take_too_long_to_read_leave_no_old_one_live() -> None:
    """The camera's thread is kept in the midst of reading, when the computer has no time for it."""
    seen: list[ObservedState] = []

    def wait_long() -> None:
        for _ in range(2):
            scene.now += 2.6
            seen.append(scene.camera.observed)

    scene: Scene = Scene(steps([None] * 20, wait_long, [None] * 2))
    scene.source_facts = SourceFacts(lacks_cpu_time=True)
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert [each.state for each in seen] == [CameraState.LIVE, CameraState.STALLED]
    assert scene.states[:2] == [CameraState.LIVE, CameraState.LIVE], "that it is live again is told at once"


def test_a_picture_every_ten_seconds_is_not_too_old_while_the_next_one_is_decoded() -> None:
    """All that came in ten seconds is decoded for it, which may take a while."""
    seen: list[ObservedState] = []

    def take_long() -> None:
        scene.now += 1.5
        seen.append(scene.camera.observed)

    scene: Scene = Scene(steps([None] * 700), max_fps=0.1, while_decoding=take_long)
    scene.camera.want(frozenset({"main"}))
    scene.run()
    assert [each.state for each in seen[1:]] == [CameraState.LIVE] * (len(seen) - 1)
    assert len(seen) > 2
