"""Cameras and files through OpenCV's FFmpeg backend. Owns the `VideoCapture` and its options.

FFmpeg's options travel by the environment, which is process-wide, and opening holds a process-wide lock: one
camera per process.
"""

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from services.ingest.decoding.pictures import Picture
from services.ingest.sources import SourceFacts, SourceUnauthorizedError, SourceUnavailableError, failure_reasons
from services.ingest.sources.capture_readers import Reading, reading_of
from services.ingest.sources.stderr_capture import NativeLog

# OpenCV's own remarks tell nothing that FFmpeg's do not.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
cv2.setNumThreads(1)

OPEN_TIMEOUT_MS: Final = 5000
_ANSWER_CODE: Final = re.compile(r"(?:failed:|error|returned) (\d{3})\b")
_REASONS: Final = {
    "404": failure_reasons.NO_STREAM,
    "connection refused": failure_reasons.CONNECTION_REFUSED,
    "failed to resolve": failure_reasons.UNKNOWN_HOST,
    "unreachable": failure_reasons.NETWORK_UNREACHABLE,
    "no route to host": failure_reasons.HOST_UNREACHABLE,
    "certificate verify failed": failure_reasons.UNTRUSTED,
}
_CODECS: Final = {"avc1": "h264", "h264": "h264", "hevc": "hevc", "hev1": "hevc", "hvc1": "hevc", "mjpg": "mjpeg"}
_LOSS: Final = re.compile(r"RTP: missed|max delay reached|concealing|corrupt|decoding for stream", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """How FFmpeg connects, and for how many seconds a camera may be silent."""

    transport: str = "tcp"
    ca_file: Path | None = None
    verify_tls: bool = True
    stall_seconds: float = 5.0

    def for_ffmpeg(self) -> str:
        """Any content drops OpenCV's own preference for TCP, so that is said. Without `fpsprobesize;0` opening waits
        for many frames to guess a rate that nothing uses. FFmpeg verifies no certificate unless it is told to.
        """
        options = [f"rtsp_transport;{self.transport}", "fpsprobesize;0", f"tls_verify;{int(self.verify_tls)}"]
        ca_file = self.ca_file or (_SYSTEM_CA_FILE if _SYSTEM_CA_FILE.is_file() else None)
        if ca_file is not None:
            options.append(f"ca_file;{ca_file}")
        return "|".join(options)


_SYSTEM_CA_FILE: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""OpenCV's wheel brings a TLS library that looks elsewhere."""


class VideoCaptureSource:
    """A network camera.

    `url` may hold credentials; `secrets` are the texts that no message may repeat.
    """

    reads_packets = True

    def __init__(
        self,
        url: str,
        *,
        options: CaptureOptions = CaptureOptions(),
        secrets: tuple[str, ...] = (),
        native_log: NativeLog | None = None,
    ) -> None:
        self._url = url
        self._options = options
        self._secrets = secrets
        self._native_log = native_log
        self._capture: cv2.VideoCapture | None = None
        self._reading: Reading | None = None
        self._codec: str | None = None

    def open(self) -> None:
        if self._native_log is not None:
            self._native_log.clear()
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = self._options.for_ffmpeg()
        capture = cv2.VideoCapture()
        started_at = time.monotonic()
        if not capture.open(self._url, cv2.CAP_FFMPEG, self._parameters()):
            timed_out = time.monotonic() - started_at >= OPEN_TIMEOUT_MS / 1000
            raise self._reason(otherwise=failure_reasons.NO_ANSWER if timed_out else failure_reasons.CANT_BE_OPENED)
        self._capture = capture
        four_letters = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little").decode("latin-1").lower()
        self._codec = _CODECS.get(four_letters, four_letters.strip("\0 ") or None)
        self._reading = reading_of(capture, self._codec, by_packets=self.reads_packets)

    def grab(self) -> bool:
        if self._reading is None or not self._opened().grab():
            raise SourceUnavailableError(failure_reasons.STOPPED)
        if self._native_log is not None and any(map(_LOSS.search, self._native_log.fresh_lines())):
            self._reading.hold()
        self._reading.take()
        return True

    def retrieve(self) -> Picture | None:
        if self._reading is None:
            raise SourceUnavailableError(failure_reasons.STOPPED)
        return self._reading.picture()

    def interrupt(self) -> None:
        """OpenCV can't be: a grab ends with the next frame."""

    def facts(self) -> SourceFacts:
        return SourceFacts(codec=self._codec)

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = self._reading = None

    def _opened(self) -> cv2.VideoCapture:
        if self._capture is None:
            raise SourceUnavailableError(failure_reasons.STOPPED)
        return self._capture

    def _parameters(self) -> list[int]:
        # OpenCV reads once more after the first time-out, so each is less than half of what a camera may be silent.
        # One decoder thread: each further one holds back a frame.
        return [
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(self._options.stall_seconds * 1000 * 0.45)),
            *(cv2.CAP_PROP_N_THREADS, 1),
        ]

    def _reason(self, otherwise: str) -> SourceUnavailableError:
        """What FFmpeg wrote about the failure, as an error in words that a person can act on."""
        lines = [] if self._native_log is None else self._native_log.lines()
        text = "\n".join(lines).lower()
        codes = set(_ANSWER_CODE.findall(text))
        if codes & {"401", "403"}:
            return SourceUnauthorizedError(failure_reasons.REFUSED)
        for sign, words in _REASONS.items():
            if sign in codes or (not sign.isdecimal() and sign in text):
                return SourceUnavailableError(words)
        detail = lines[-1] if lines else ""
        for secret in self._secrets:
            detail = detail.replace(secret, "***")
        return SourceUnavailableError(f"{otherwise} FFmpeg says: {detail}" if detail else otherwise)
