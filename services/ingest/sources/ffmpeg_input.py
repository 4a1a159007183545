"""One address or file that FFmpeg reads, by PyAV: its video packets, and the pictures that are decoded from them.

Packets since the last key frame are kept, and decoded when a picture is wanted: nothing is while nobody watches.
Only FFmpeg's log says that packets were lost. PyAV collects the lines of each call; they go nowhere else.
"""

import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import av
import av.logging
from av.container import Flags
from av.container.input import InputContainer
from av.video.stream import VideoStream

from services.ingest.decoding.access_unit import AccessUnit, Buffer, UnitHead
from services.ingest.decoding.cpu_demand import CpuDemand
from services.ingest.decoding.decoder import Decoder
from services.ingest.decoding.lateness import LATE_SECONDS, CameraClock
from services.ingest.decoding.pictures import Picture
from services.ingest.decoding.unit_decoder import UnitDecoder
from services.ingest.sources import SourceFacts, SourceUnavailableError, failure_reasons
from services.ingest.sources.ffmpeg_log import LogLine
from services.ingest.sources.ffmpeg_opening import ByteReader, open_input
from shared.errors import FramecastError

MAX_READ_ATTEMPTS: Final = 100
"""A packet that FFmpeg can't read need not be the end."""
_LOSS: Final = ("RTP: missed", "max delay reached", "concealing", "corrupt")
_LOST_PACKETS: Final = _LOSS[:2]
"""Those of them that tell of the network; the others may be the camera's own doing."""
LOSS_SECONDS: Final = 10.0
CATCH_UP_SECONDS: Final = 1.0
"""For so long packets are read, and none is decoded, while they are late."""
MAX_LOSSES: Final = 1000
_SURELY_BEFORE: Final = 10_000_000
"""Microseconds: a first packet's time is earlier than that of the first picture."""
_MAX_FPS: Final = 120.0
_USUAL_FPS: Final = 25.0


class FfmpegInput:
    """Opened by its constructor: an address, or bytes that somebody else reads, in the container that FFmpeg calls
    `container_format`. One thread. `open_seconds` is for connecting, again for finding the streams, and again for the
    first packet.

    A file's pictures are never late, so with `is_live` False their time stamps mean nothing.

    The wait of `stall_seconds` is split into `reads` reads. A second one helps after bytes that belong to no packet,
    where FFmpeg finds its place again when the first is cut.

    Raises:
        UnopenedError: when FFmpeg can't open the address.
        SourceUnavailableError: when there is no video in it, or it sends us elsewhere.
        PictureRefusedError: when its pictures are too large.
    """

    def __init__(  # noqa: PLR0913 each by name
        self,
        place: str | ByteReader,
        options: dict[str, str],
        *,
        open_seconds: float,
        stall_seconds: float,
        max_pixels: int,
        reads: int = 1,
        container_format: str | None = None,
        is_live: bool = True,
    ) -> None:
        self._stall_seconds = stall_seconds
        self._is_live = is_live
        self._read_seconds = stall_seconds / reads
        # FFmpeg would decode while it opens, and take memory for the coded size, of which a picture may show a piece.
        options = {**options, "max_pixels": str(max_pixels), "codec_whitelist": "none"}
        self._bytes = None if isinstance(place, str) else place
        if self._bytes is not None:
            self._bytes.deadline = time.monotonic() + open_seconds
        self._container = open_input(place, options, (open_seconds, self._read_seconds), container_format)
        self.has_read = False
        """Whether a packet came."""
        self._packet_at = time.monotonic()
        self._patience_seconds = max(open_seconds, stall_seconds)
        self._cpu_demand = CpuDemand()
        self._camera_clock = CameraClock(self._cpu_demand.is_too_much)
        self._lost_at: deque[float] = deque(maxlen=MAX_LOSSES)
        try:
            self._stream = _first_video(self._container)
            decoder = Decoder(
                self._stream.codec_context, max_pixels=max_pixels, pixel_aspect=self._stream.sample_aspect_ratio
            )
        except FramecastError:
            self._container.close()
            raise
        # Looking ahead for missing times would hold packets back.
        self._container.flags &= ~Flags.gen_pts.value  # type: ignore[operator] # the stub has no value
        self._packets = self._container.demux()
        self._newest = _NewestPacket(self._stream.codec_context.codec.canonical_name)
        self._pictures = UnitDecoder(self._newest, b"", decoder, max_pixels=max_pixels)

    @property
    def codec(self) -> str:
        return self._newest.codec

    def facts(self) -> SourceFacts:
        now, pictures = time.monotonic(), self._pictures
        lost = sum(now - at <= LOSS_SECONDS for at in self._lost_at)
        damage = pictures.damage
        return SourceFacts(
            self.codec,
            notice=None if damage is None or lost else f"The camera's pictures can't be decoded: {damage}.",
            lost_packets=lost,
            waits_for_key_frame=pictures.pending.is_holding and damage is None and not lost,
            key_frame_seconds=pictures.pending.key_frame_seconds,
            lacks_cpu_time=self.lacks_cpu_time,
        )

    @property
    def lacks_cpu_time(self) -> bool:
        return self._cpu_demand.is_too_much()

    @property
    def fps(self) -> float:
        """As the file says, or a usual rate."""
        fps = float(self._stream.guessed_rate or 0)
        return fps if 0 < fps <= _MAX_FPS else _USUAL_FPS

    def read(self) -> None:
        """Wait for the next video packet, and read on for a while if it is late: more of them surely wait.

        Raises:
            SourceUnavailableError: when none comes for `stall_seconds`, or the stream ends.
        """
        is_late = self._read_packet()
        until = time.monotonic() + CATCH_UP_SECONDS
        while is_late and time.monotonic() < until:
            is_late = self._read_packet()

    def _read_packet(self) -> bool:
        """Whether the packet is late."""
        begun = time.monotonic()
        until = self._packet_at + self._patience_seconds
        if self._bytes is not None:
            self._bytes.deadline = until
        with av.logging.Capture() as lines:
            packet = self._next_video_packet(until)
        now = time.monotonic()
        # When a read is cut, FFmpeg hands out what it has of the packet: that is no sign of life.
        if now - begun < self._read_seconds:
            self._packet_at = now
            self._patience_seconds = self._stall_seconds
            self.has_read = True
        self._newest.is_newest_key = packet.is_keyframe
        is_damaged = self.codec != "mjpeg" and (packet.is_corrupt or _tell_of_loss(lines))
        self._note_loss(lines, now)
        unit = AccessUnit(0, is_damaged=is_damaged, taken_at=self._taken_at(packet, now), arrived_at=now)
        unit.add(memoryview(packet))
        self._pictures.pending.put(unit)
        return now - unit.taken_at > LATE_SECONDS

    @property
    def late_seconds(self) -> float:
        """As of the last call of `picture`, how long before it the camera took that picture."""
        return self._pictures.late_seconds

    def picture(self) -> Picture | None:
        """The newest picture; None while there is no clean one."""
        with av.logging.Capture() as lines:
            picture = self._pictures.newest()
        if not _tell_of_loss(lines):
            return picture
        self._pictures.pending.hold()
        return None

    def rewind(self) -> None:
        """Begin again with the first packet.

        Raises:
            SourceUnavailableError: when FFmpeg can't go back in this kind of file.
        """
        with av.logging.Capture():
            try:
                self._container.seek((self._container.start_time or 0) - _SURELY_BEFORE)
            except av.error.FFmpegError:
                raise SourceUnavailableError(failure_reasons.STOPPED) from None
        self._packets = self._container.demux()

    def close(self) -> None:
        with av.logging.Capture():
            self._container.close()

    def _taken_at(self, packet: "av.Packet[VideoStream]", now: float) -> float:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if not self._is_live or stamp is None or not packet.time_base:
            return now
        return self._camera_clock.taken_at(float(stamp * packet.time_base), now)

    def _note_loss(self, lines: Iterable[LogLine], now: float) -> None:
        self._lost_at.extend(now for _, _, message in lines if any(sign in message for sign in _LOST_PACKETS))

    def _next_video_packet(self, until: float) -> "av.Packet[VideoStream]":
        for _ in range(MAX_READ_ATTEMPTS):
            try:
                for packet in self._packets:
                    if packet.stream_index == self._stream.index and packet.size:
                        return packet  # type: ignore[return-value] # it is of that stream
                    if self._is_over(until):
                        break
                break
            except (av.error.ExitError, av.error.InvalidDataError, av.error.BlockingIOError):
                if self._is_over(until):
                    break
                self._packets = self._container.demux()
            # PyAV's own at the end, where it has no object of a stream that began later than the others.
            except (av.error.FFmpegError, IndexError):
                break
        raise SourceUnavailableError(failure_reasons.STOPPED)

    def _is_over(self, until: float) -> bool:
        """Whether the camera had its time. A computer without CPU time for us can't tell: reads are cut though packets
        wait in the kernel. A new connection would not know how late these are.
        """
        return time.monotonic() >= until and not self.lacks_cpu_time


class _NewestPacket:
    """FFmpeg's packets as access units: each is whole, and FFmpeg knows the key frames. The decoder has what it needs
    from the stream's beginning."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self.is_newest_key = False

    def head_of(self, payloads: Sequence[Buffer], known: bytes = b"") -> UnitHead:  # noqa: ARG002 only the newest's
        return UnitHead(self.is_newest_key, known)

    def assemble(self, payloads: Sequence[Buffer]) -> bytes:
        return bytes(payloads[0])


def _first_video(container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if stream.codec_context is not None:
            return stream
    has_video = bool(container.streams.video)
    raise SourceUnavailableError(failure_reasons.UNDECODED_VIDEO if has_video else failure_reasons.NO_VIDEO)


def _tell_of_loss(lines: Iterable[LogLine]) -> bool:
    return any(sign in message for _, _, message in lines for sign in _LOSS)
