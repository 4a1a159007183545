"""`python -m services.ingest.worker_main`: one camera, in a process of its own, started and checked by ingest.

The first line of standard input is its assignment, secrets included, because no process list shows it there. Later
lines carry its new place in the order and the notices to pass on. The end of input ends the process. It writes an empty
line to standard output with each status: the heartbeat that ingest waits for. It enters its sandbox before it reads
anything of its camera.
"""

import faulthandler
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final, NoReturn

from services.ingest.appearance.options import AppearanceOptions
from services.ingest.appearance.overlay_text import OverlayText
from services.ingest.appearance.regions import parse_crop, parse_polygons
from services.ingest.camera.bus_publisher import BusPublisher
from services.ingest.camera.camera import Camera
from services.ingest.camera.policy import CameraPolicy
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.camera.streams import CameraStreams
from services.ingest.camera_status import Measurements, camera_status
from services.ingest.decoding import cpu_limit
from services.ingest.decoding.picture_limits import is_lack_of_memory
from services.ingest.process_limits import EXIT_OUT_OF_MEMORY, cpu_seconds, limit_memory
from services.ingest.sandbox.sandbox import Sandbox, enter_sandbox
from services.ingest.select_source import answers_at, source_opener
from services.ingest.setting_names import as_file_keys, as_variables
from services.ingest.settings import CameraSettings
from services.ingest.trial import run_trial
from shared.bus.publisher import Publisher
from shared.bus.status import CameraState, CameraStatus
from shared.lifecycle import ServiceThread, run_service, stop_on_signals
from shared.logs import get_logger

STOP_SECONDS: Final = 1.0
HANGS_AFTER_SECONDS: Final = 60.0
"""Longer than any call into a source that still returns, including a name look-up that gets no answer. A call may also
wait for as long as the camera may be silent, and twice as long as it may take to open: so FFmpeg counts. That time is
added."""
_FAILED: Final = frozenset({CameraState.STALLED, CameraState.OFFLINE, CameraState.UNAUTHORIZED})
log = get_logger("services.ingest")


def rendering_options(settings: CameraSettings) -> RenderingOptions:
    """How the settings want pictures to become frames."""
    return RenderingOptions(
        max_fps=settings.fps,
        jpeg_quality=settings.jpeg_quality,
        capture_quality=settings.capture_quality,
        skip_identical=settings.skip_identical,
        aspect=settings.picture_aspect,
    )


def appearance_options(settings: CameraSettings) -> AppearanceOptions:
    """How the settings want pictures to look."""
    overlay = settings.overlay
    return AppearanceOptions(
        masks=parse_polygons(settings.privacy_masks) if settings.privacy_masks else (),
        mask_style=settings.privacy_mask_style,
        crop=parse_crop(settings.crop) if settings.crop else None,
        rotate=settings.rotate,
        flip=settings.flip,
        overlay=OverlayText(overlay, settings.display_name, settings.zone) if overlay else None,
        overlay_place=settings.overlay_place,
        overlay_size=settings.overlay_size,
    )


def camera_policy(settings: CameraSettings) -> CameraPolicy:
    """How the settings want the camera to be treated."""
    return CameraPolicy(
        stall_seconds=settings.stall_seconds,
        frozen_seconds=settings.frozen_seconds or None,
        disconnects_when_idle=settings.idle == "disconnect",
        open_seconds=settings.open_seconds,
        capture_interval_seconds=settings.capture_interval,
    )


def _stream(settings: CameraSettings, assignment: dict[str, Any], *, is_small: bool = False) -> Camera:
    """The stream that the settings describe. A small one is connected only while somebody wants it."""
    policy = camera_policy(settings)
    named = as_file_keys if assignment["has_file"] else as_variables
    return Camera(
        settings.device_key,
        source_opener(settings, max_pixels=assignment["max_pixels"]),
        Renditions(settings.device_key, rendering_options(settings), appearance_options(settings)),
        policy=replace(policy, disconnects_when_idle=True, connects_on_demand=True) if is_small else policy,
        probe=answers_at(settings),
        in_words=(lambda words: named(_of_small_stream(words))) if is_small else named,
    )


def _of_small_stream(words: str) -> str:
    return words.replace("CAMERA_RTSP_URL", "CAMERA_RTSP_URL_SMALL")


class AssignedCamera:
    """The camera that this process runs, put together from its assignment."""

    def __init__(self, assignment: dict[str, Any]) -> None:
        self.settings = settings = CameraSettings.model_validate(assignment["camera"])
        self._sandbox = Sandbox({})
        self._order: int
        self._notices: tuple[str, ...]
        self.follow(assignment)
        small = settings.small_stream
        self.streams = CameraStreams(
            _stream(settings, assignment), None if small is None else _stream(small, assignment, is_small=True)
        )

    def enter_sandbox(self, private: Sequence[str]) -> None:
        """Before anything of the camera is read, and before there is a second thread."""
        self._sandbox = enter_sandbox(map(Path, private), files_of(self.settings))

    def follow(self, instruction: dict[str, Any]) -> None:
        """Take over the place in the order and the notices. Any thread."""
        self._order = instruction["order"]
        self._notices = tuple(instruction["notices"])

    def status(self, viewer_count: int) -> CameraStatus:
        """The status as of now. Also sends the heartbeat, or ends the process if the camera hangs, or if it fails and
        another process might not. Any thread.
        """
        camera, facts = self.streams.main, self.streams.main.facts
        patience = HANGS_AFTER_SECONDS + self.settings.stall_seconds + 2 * self.settings.open_seconds
        if self.streams.busy_seconds() > patience:
            log.error("camera hangs: its process ends", camera=camera.key)
            os._exit(1)
        if self.streams.observed.state in _FAILED and self._sandbox.is_outdated():
            log.warning("a file that the camera needs was replaced: its process ends", camera=camera.key)
            os._exit(1)
        send_heartbeat()
        notices = (*self._notices, *filter(None, (facts.notice, self._small_notice())))
        measurements = Measurements(
            fps=camera.fps,
            codec=facts.codec,
            bits_per_second=facts.bits_per_second,
            viewer_count=viewer_count,
            key_frame_seconds=facts.key_frame_seconds,
            camera_utc_ns=None if facts.wall_clock is None else facts.wall_clock.utc_ns_now(),
        )
        return camera_status(self.settings, self._order, self.streams.observed, notices, measurements)

    def _small_notice(self) -> str | None:
        """What is wrong with the small stream, in words for the user."""
        small, failure = self.streams.small, self.streams.small_failure
        if failure is not None:
            return f"The small stream fails, so small pictures are made of the main stream. {failure}"
        notice = None if small is None else small.facts.notice
        return None if notice is None else f"The small stream: {notice}"


def files_of(settings: CameraSettings) -> Iterator[Path]:
    """Those that the settings name: videos, and the certificate to trust."""
    small = settings.small_stream
    for address in (settings.address, None if small is None else small.address):
        if address is not None and address.kind == "file":
            yield Path(address.url)
    if settings.rtsp_ca_file is not None:
        yield settings.rtsp_ca_file


def within_memory(run: Callable[[threading.Event], None]) -> Callable[[threading.Event], None]:
    """`run`, but a lack of memory ends the process with the exit code that tells ingest of it."""

    def run_until_memory_is_short(ended: threading.Event) -> None:
        try:
            run(ended)
        except Exception as error:
            if is_lack_of_memory(error):
                # Nothing else may be tried: that would need memory, too.
                os._exit(EXIT_OUT_OF_MEMORY)
            raise

    return run_until_memory_is_short


def send_heartbeat() -> None:
    sys.stdout.write("\n")
    sys.stdout.flush()


def read_instructions(lines: IO[str], follow: Callable[[dict[str, Any]], None], stop: threading.Event) -> None:
    """Have each line followed until the input ends, then set `stop`."""
    for line in lines:
        follow(json.loads(line))
    stop.set()


def main() -> int:
    faulthandler.enable()
    assignment = json.loads(sys.stdin.readline())
    limit_memory(assignment["max_pixels"])
    cpu_limit.limit_pictures(cpu_seconds(assignment["max_pixels"]))
    return _try_address(assignment) if assignment.get("is_trial") else _run_camera(assignment)


def _try_address(assignment: dict[str, Any]) -> int:
    settings = CameraSettings.model_validate(assignment["camera"])
    seconds = assignment.get("records_seconds")
    if seconds is not None:
        # Only a process that records needs it. Loaded before there is a sandbox.
        from services.ingest.recorded_attempt import tell_recording  # noqa: PLC0415
    enter_sandbox(map(Path, assignment["private"]), files_of(settings))
    if seconds is not None:
        tell_recording(settings, assignment["max_pixels"], seconds)
    return run_trial(settings, appearance_options(settings), assignment["max_pixels"])


def _run_camera(assignment: dict[str, Any]) -> NoReturn:
    """Run the camera until its instructions end, or a thread crashes. It ends the process itself."""
    assigned = AssignedCamera(assignment)
    assigned.enter_sandbox(assignment["private"])
    stop, crashed = threading.Event(), threading.Event()

    def on_crash() -> None:
        crashed.set()
        stop.set()

    stop_on_signals(stop)
    publisher = Publisher(assignment["inner_address"], is_inner=True)
    streams = assigned.streams
    bus_publisher = BusPublisher(publisher, streams, assigned.settings.offered_widths, assigned.status)
    threads = [
        ServiceThread("bus-publisher", within_memory(bus_publisher.run), on_crash),
        ServiceThread("camera", within_memory(lambda ended: streams.run_main(ended, bus_publisher)), on_crash),
    ]
    if streams.small is not None:
        threads.insert(
            0,
            ServiceThread(
                "small-stream", within_memory(lambda ended: streams.run_small(ended, bus_publisher)), on_crash
            ),
        )
    for thread in threads:
        thread.start()
    threading.Thread(
        target=read_instructions, args=(sys.stdin, assigned.follow, stop), name="instructions", daemon=True
    ).start()
    stop.wait()
    for thread in reversed(threads):
        thread.stop(STOP_SECONDS)
    # Two threads may still be blocked: the camera's, inside a library that is opening a source, and the one that reads
    # instructions, which nothing can interrupt. Leaving both where they are loses nothing.
    os._exit(1 if crashed.is_set() else 0)


if __name__ == "__main__":
    run_service(main, reads_file=False)
