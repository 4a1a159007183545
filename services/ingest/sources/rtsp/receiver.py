"""Receives from one connected camera, from the start of its session to the end: the waiting and the counting.

The asyncio loop belongs to the receiver, and runs only inside its methods, in the thread that calls them. In between,
data waits in the kernel. All of it is read before anything is returned, so a late caller gets the newest picture, not
the oldest.
"""

import asyncio
import threading
from collections import deque
from contextlib import suppress
from typing import Any, Final

from services.ingest.decoding.access_unit import AccessUnit
from services.ingest.decoding.cpu_demand import CpuDemand
from services.ingest.decoding.unit_decoder import UnitDecoder
from services.ingest.sources import SourceUnavailableError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.rtp.unit_times import UnitTimes
from services.ingest.sources.rtsp.address import RtspAddress
from services.ingest.sources.rtsp.delivery import Delivery
from services.ingest.sources.rtsp.sdp_track import VideoTrack
from services.ingest.sources.rtsp.session import Session
from services.ingest.sources.rtsp.session_errors import SilentCameraError
from services.ingest.sources.wall_clock import WallClock

TICK_SECONDS: Final = 0.5
RATE_TICKS: Final = 10
LOSS_TICKS: Final = 20
MAX_ROUNDS: Final = 64
LONGEST_NAP_SECONDS: Final = 0.4
"""A nap costs the same however much arrives in it: most of it goes into caches that others have filled meanwhile."""
NAP_BYTES: Final = 48 * 1024
"""How much may arrive during a nap: three quarters of what TCP buffers unread, so the camera never waits."""


class Receiver:
    """One connection to a camera. One thread, except for `wake`. It decodes nothing: `decoder` does, on demand.

    `interrupted` ends the current wait, or the next one. If not one packet comes for `silence_seconds`, the wait raises
    SilentCameraError.

    Raises:
        SourceUnavailableError: from the constructor, when the camera can't be had to send.
    """

    def __init__(
        self,
        address: RtspAddress,
        options: ConnectionOptions,
        delivery: Delivery,
        silence_seconds: float,
        interrupted: threading.Event,
    ) -> None:
        self.decoder: UnitDecoder
        self._options = options
        self._delivery = delivery
        self._silence_seconds = silence_seconds
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._on_loop_error)
        self._session: Session
        self._error: BaseException | None = None
        self._arrived_units = 0
        self._interrupted = interrupted
        self._is_waiting = False
        self._has_had_any = False
        self._unit_at = self._loop.time()
        self.bits_per_second: int | None = None
        """Over the last seconds; None at the start."""
        self._cpu_demand = CpuDemand()
        self._unit_times = UnitTimes(self._cpu_demand.is_too_much)
        self.wall_clock: WallClock | None = None
        """The camera's own clock, by its last report."""
        self._told_wall_seconds = 0.0
        self._history: deque[tuple[float, int, int, int]] = deque(maxlen=LOSS_TICKS + 1)
        """At each tick: the loop's time, and the bytes received, packets lost and upsets until then."""
        try:
            self._loop.run_until_complete(self._connect(address))
        except BaseException:
            self._loop.close()
            raise
        self._unit_at = self._loop.time()  # a camera may take long to answer, and then sends at once
        self._unit_times.end_read(self._session.assembler.sender)
        self._tick_due_at = self._unit_at
        self._stood_still = False
        """Whether the last tick came so late that it judged nothing."""
        self._tick()

    @property
    def lacks_cpu_time(self) -> bool:
        return self._cpu_demand.is_too_much()

    @property
    def has_other_streams(self) -> bool:
        """Whether the camera has more than the video."""
        return self._session.has_other_streams

    def lost_lately(self) -> tuple[int, float]:
        """How many packets were lost lately, and in how many seconds."""
        oldest, newest = self._history[0], self._history[-1]
        return newest[2] - oldest[2], newest[0] - oldest[0]

    def other_type(self) -> tuple[int, int] | None:
        """The payload type that the camera announced and the one that it sends, if they differ."""
        assembler = self._session.assembler
        pair = assembler.announced_type, assembler.payload_type
        return pair if pair[0] != pair[1] else None

    def upsets_lately(self) -> tuple[int, float]:
        """How often there was garbage amid the packets lately, and in how many seconds."""
        oldest, newest = self._history[0], self._history[-1]
        return newest[3] - oldest[3], newest[0] - oldest[0]

    def wait(self) -> bool:
        """Wait until something arrives, and read all of it. False if the wait was interrupted.

        Raises:
            SourceUnavailableError: when nothing more will arrive.
        """
        while not self._arrived_units:
            if self._is_interrupted():
                self._look()
                break
            self._raise_failure()
            self._run_loop(waits=True)
        has_unit = self._arrived_units > 0
        self.drain()
        return has_unit

    def wait_napping(self) -> bool:
        """Like `wait`, for a caller in no hurry: reads a few times a second, and returns True once for each unit.

        Waking up costs more than reading. Over UDP it does not nap: the kernel has no room, and the camera does not
        wait.
        """
        while not self._arrived_units:
            if self._delivery.transport == "udp":
                return self.wait()
            self._raise_failure()
            bytes_per_second = (self.bits_per_second or 0) / 8
            nap_seconds = min(LONGEST_NAP_SECONDS, NAP_BYTES / bytes_per_second if bytes_per_second else 0)
            if self._interrupted.wait(nap_seconds):
                self._interrupted.clear()
                return False
            self._run_loop(waits=nap_seconds <= 0)
        self._arrived_units -= 1
        return True

    def drain(self) -> None:
        """Read everything that has arrived, without waiting. It all counts as one."""
        for _ in range(MAX_ROUNDS):
            if not self._session.has_more:
                break
            self._run_loop(waits=False)
        self._arrived_units = 0

    def catch_up(self) -> None:
        """Read everything that arrived during a nap."""
        self._look()
        self.drain()

    def wake(self) -> None:
        """Have a wait notice that it is interrupted. Any thread."""
        with suppress(RuntimeError):  # the loop was closed just now
            self._loop.call_soon_threadsafe(self._stop_waiting)

    def close(self) -> None:
        self._loop.run_until_complete(self._session.stop())
        self._loop.close()

    async def _connect(self, address: RtspAddress) -> None:
        self._session = Session(
            address,
            self._options,
            self._delivery,
            on_track=self._on_track,
            on_unit=self._on_unit,
            on_clock=self._on_clock,
            on_end=self._stop_waiting,
        )
        try:
            await self._session.start()
        except BaseException:
            await self._session.stop()
            raise

    def _on_track(self, track: VideoTrack) -> None:
        self.decoder = UnitDecoder(track.payload_format, track.parameter_sets, max_pixels=self._options.max_pixels)

    def _on_unit(self, unit: AccessUnit) -> None:
        self._unit_at = self._loop.time()
        self._has_had_any = True
        self._arrived_units += 1
        self._unit_times.note(unit, self._unit_at)
        self.decoder.pending.put(unit)
        self._stop_waiting()

    def _on_clock(self, wall_seconds: float, timestamp: int) -> None:
        """The camera reports what its time stamps mean. The last report is given again with every packet of RTCP."""
        if wall_seconds != self._told_wall_seconds:
            self._told_wall_seconds, self.wall_clock = wall_seconds, WallClock.of_ntp(wall_seconds)
        self._unit_times.note_report(wall_seconds, timestamp)

    def _tick(self) -> None:
        """Twice a second: note how much arrived, and whether the camera has fallen silent.

        A tick that comes late judges no silence: the process stood still, and what the camera sent meanwhile may not
        have been read yet. (A stopped process leaves epoll_wait without a look at its sockets.) The next one does.
        """
        now, assembler = self._loop.time(), self._session.assembler
        self._stood_still = not self._stood_still and now - self._tick_due_at > TICK_SECONDS
        self._tick_due_at = now + TICK_SECONDS
        self._loop.call_later(TICK_SECONDS, self._tick)
        self._history.append((now, assembler.byte_count, assembler.lost, self._session.upsets))
        oldest = self._history[max(0, len(self._history) - 1 - RATE_TICKS)]
        if now > oldest[0]:
            self.bits_per_second = round((assembler.byte_count - oldest[1]) * 8 / (now - oldest[0]))
        if self._stood_still:
            return
        quiet_seconds = now + TICK_SECONDS - self._unit_at  # at the next tick it would be too late
        if not assembler.byte_count and quiet_seconds > self._silence_seconds:
            self._session.fail(SilentCameraError(self._nothing_came()))
        elif quiet_seconds > (self._options.stall_seconds if self._has_had_any else self._options.open_seconds):
            reason = failure_reasons.STOPPED if self._has_had_any else self._nothing_came()
            self._session.fail(SourceUnavailableError(reason))

    def _nothing_came(self) -> str:
        return failure_reasons.nothing_came(self._delivery.transport)

    def _look(self) -> None:
        """Read what has arrived, and tell the decoder if the newest unit stayed the newest until now."""
        now = self._loop.time()
        self._run_loop(waits=False)
        if not self._session.has_more:
            self.decoder.nothing_newer_until = now

    def _run_loop(self, *, waits: bool) -> None:
        """Run the loop until there is news, or for one round only."""
        self._is_waiting = True
        if not waits:
            self._loop.call_soon(self._loop.stop)
        try:
            self._loop.run_forever()
        finally:
            self._is_waiting = False
        self._unit_times.end_read(self._session.assembler.sender)

    def _stop_waiting(self) -> None:
        """There is news: end the wait, if there is one."""
        if self._is_waiting:
            self._loop.stop()

    def _is_interrupted(self) -> bool:
        was_interrupted = self._interrupted.is_set()
        self._interrupted.clear()
        return was_interrupted

    def _raise_failure(self) -> None:
        if self._error is not None:
            raise self._error
        if self._session.failure is not None:
            raise self._session.failure

    def _on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An error in one of the loop's callbacks is raised by the wait."""
        self._error = context.get("exception") or RuntimeError(str(context.get("message")))
        self._stop_waiting()
