"""Cameras and files through OpenCV's FFmpeg backend. Owns the `VideoCapture` and its options.

FFmpeg's options travel by the environment, which is process-wide, and opening holds a process-wide lock: one
camera per process.
"""

import os
import re
import time
from typing import Final

import cv2

from services.ingest.sources import Picture, SourceUnauthorizedError, SourceUnavailableError
from services.ingest.sources.native_log import NativeLog

# Any content drops OpenCV's own preference for TCP, so it is said here. Without `fpsprobesize;0` opening waits for
# many frames to guess a rate that nothing uses.
os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "rtsp_transport;tcp|fpsprobesize;0"
# OpenCV's own remarks tell nothing that FFmpeg's do not.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
cv2.setNumThreads(1)

OPEN_TIMEOUT_MS: Final = 5000
READ_TIMEOUT_MS: Final = 2000
"""A camera that stops sending is noticed after twice this long: OpenCV reads once more after the first time-out."""
# One decoder thread: each further one holds back a frame.
_PARAMETERS: Final = [
    *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS),
    *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS),
    *(cv2.CAP_PROP_N_THREADS, 1),
]
_ANSWER_CODE: Final = re.compile(r"(?:failed:|error|returned) (\d{3})\b")
_REASONS: Final = {
    "404": "The camera has no stream at this path. Check the path in CAMERA_RTSP_URL.",
    "connection refused": "The camera's address refuses connections. Check that it is on, and the port.",
    "failed to resolve": "The camera's host name is not known. Check the host in CAMERA_RTSP_URL.",
    "unreachable": "The camera's network can't be reached. Check the address in CAMERA_RTSP_URL.",
    "no route to host": "The camera's address can't be reached. Check that it is on and connected.",
}
NO_ANSWER: Final = "The camera does not answer. Check that it is on and connected."
STOPPED: Final = "The camera stopped sending pictures."
REFUSED: Final = (
    "The camera refused the user name or password. Check CAMERA_RTSP_USERNAME and CAMERA_RTSP_PASSWORD; "
    "the next try is in a minute, so that the camera does not lock us out."
)


class VideoCaptureSource:
    """A network camera.

    `url` may hold credentials; `secrets` are the texts that no message may repeat.
    """

    def __init__(self, url: str, *, secrets: tuple[str, ...] = (), native_log: NativeLog | None = None) -> None:
        self._url = url
        self._secrets = secrets
        self._native_log = native_log
        self._capture: cv2.VideoCapture | None = None

    def open(self) -> None:
        if self._native_log is not None:
            self._native_log.clear()
        capture = cv2.VideoCapture()
        started_at = time.monotonic()
        if not capture.open(self._url, cv2.CAP_FFMPEG, _PARAMETERS):
            timed_out = time.monotonic() - started_at >= OPEN_TIMEOUT_MS / 1000
            raise self._reason(otherwise=NO_ANSWER if timed_out else "The camera's stream can't be opened.")
        self._capture = capture

    def grab(self) -> None:
        if not self._opened().grab():
            raise SourceUnavailableError(STOPPED)

    def retrieve(self) -> Picture:
        taken, picture = self._opened().retrieve()
        if not taken:
            raise SourceUnavailableError("The camera sent a frame that can't be decoded.")
        return picture  # type: ignore[return-value] # cv2 types its arrays loosely

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _reason(self, otherwise: str) -> SourceUnavailableError:
        """What FFmpeg wrote about the failure, as an error in words that a person can act on."""
        lines = [] if self._native_log is None else self._native_log.lines()
        text = "\n".join(lines).lower()
        codes = set(_ANSWER_CODE.findall(text))
        if codes & {"401", "403"}:
            return SourceUnauthorizedError(REFUSED)
        for sign, words in _REASONS.items():
            if sign in codes or (not sign.isdecimal() and sign in text):
                return SourceUnavailableError(words)
        detail = lines[-1] if lines else ""
        for secret in self._secrets:
            detail = detail.replace(secret, "***")
        return SourceUnavailableError(f"{otherwise} FFmpeg says: {detail}" if detail else otherwise)

    def _opened(self) -> cv2.VideoCapture:
        if self._capture is None:
            raise SourceUnavailableError(STOPPED)
        return self._capture
