"""The test camera as the tests see it: a process to start, kill, pause and restart, and its count of sessions.

The camera itself is `rtsp_server.py`, run by Debian's Python; nothing here touches RTSP or pictures.
"""

import functools
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

_DEBIAN_PYTHON: Final = "/usr/bin/python3"
# Debian's own libraries only: no PYTHONPATH and no user site, but the script's directory stays importable.
_ISOLATED: Final = (_DEBIAN_PYTHON, "-E", "-s")
_SERVER: Final = Path(__file__).with_name("rtsp_server.py")
_READY_SECONDS: Final = 90.0  # GStreamer's very first start scans all its plugins
_STOP_SECONDS: Final = 20.0

_PACKAGES: Final = (
    "python3-gi",
    "gir1.2-gst-rtsp-server-1.0",
    "glib-networking",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-ugly",
)
_PROBE: Final = """
import gi
for namespace in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(namespace, "1.0")
from gi.repository import Gio, Gst, GstRtspServer
Gst.init(None)
needed = ("appsrc", "x264enc", "x265enc", "jpegenc", "rtph264pay")
missing = [name for name in needed if Gst.ElementFactory.find(name) is None]
if missing:
    raise SystemExit("no GStreamer element " + ", ".join(missing))
if not Gio.TlsBackend.get_default().supports_tls():
    raise SystemExit("no TLS for GLib")
"""


@functools.cache
def missing_camera_parts() -> str | None:
    """One line that says what to install when the camera can't run here, None when it can."""
    try:
        probe = subprocess.run(
            [*_ISOLATED, "-c", _PROBE], capture_output=True, text=True, timeout=_READY_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    else:
        if probe.returncode == 0:
            return None
        reason = probe.stderr.strip().rpartition("\n")[2]
    return f"the RTSP test camera can't run ({reason}): apt-get install {' '.join(_PACKAGES)}"


class CameraError(RuntimeError):
    """Raised when the camera is not in the state that the call needs. Why it did not start is on its standard error."""


class RtspCamera:
    """An RTSP camera on `host`, in a process of its own, for the time of a `with` block.

    The first start chooses the port; later starts keep it. The counts arrive on a thread some milliseconds late, so
    use `wait_until` instead of asserting at once. One thread at a time may start, stop and signal the camera; any
    thread may read the counts.
    """

    def __init__(  # noqa: PLR0913 - the program's options
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        path: str = "/camera",
        more_paths: Sequence[str] = (),
        width: int = 640,
        height: int = 360,
        fps: int = 30,
        gop_seconds: float = 1.0,
        codec: Literal["h264", "h265", "mjpeg", "vp8"] = "h264",
        username: str | None = None,
        password: str | None = None,
        auth: Literal["basic", "digest"] = "basic",
        udp: bool = False,
        tls_certificate: Path | None = None,
        file: Path | None = None,
    ) -> None:
        self.port = port
        self._host = host
        self._path = path
        self._options = [
            *("--host", host, "--path", path, *more_paths),
            *("--width", str(width), "--height", str(height), "--fps", str(fps)),
            *("--gop-seconds", str(gop_seconds), "--codec", codec, "--auth", auth),
            *(["--udp"] if udp else []),
            *(["--tls-certificate", str(tls_certificate)] if tls_certificate else []),
            *(["--file", str(file)] if file else []),
        ]
        self._scheme = "rtsps" if tls_certificate else "rtsp"
        self._credentials = {"RTSP_TEST_USERNAME": username or "", "RTSP_TEST_PASSWORD": password or ""}
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._waker: subprocess.Popen[bytes] | None = None
        self._changed = threading.Condition()
        self._ready = False
        self._over = False
        self._clients = 0
        self._playing_sessions = 0
        self._sessions_of_this_run = 0
        self._sessions_of_earlier_runs = 0
        self._painted = (0.0, 0)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Without credentials."""
        return self.url_at(self._path)

    def url_at(self, path: str) -> str:
        """That of one of `more_paths`: a camera of its own, which looks at the same scene."""
        return f"{self._scheme}://{self._host}:{self.port}{path}"

    @property
    def pid(self) -> int | None:
        """None while it is not running."""
        return self._process.pid if self._process else None

    @property
    def clients(self) -> int:
        """Open RTSP connections."""
        return self._clients

    @property
    def playing_sessions(self) -> int:
        """RTSP sessions that play now; 0 while the camera is down."""
        return self._playing_sessions

    @property
    def total_sessions(self) -> int:
        """RTSP sessions that ever played, over all restarts."""
        return self._sessions_of_earlier_runs + self._sessions_of_this_run

    @property
    def painted(self) -> tuple[float, int]:
        """UTC epoch seconds, and how many pictures this run had painted then: news once a second while it plays."""
        return self._painted

    def start(self) -> None:
        """Return once clients can connect. Raises CameraError."""
        if self._process is not None:
            raise CameraError("the camera runs already")
        self._process = subprocess.Popen(
            [*_ISOLATED, str(_SERVER), "--port", str(self.port), *self._options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | self._credentials,
        )
        self._ready = self._over = False
        self._reader = threading.Thread(target=self._read_events, args=(self._process,), name="camera-events")
        self._reader.start()
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._over, _READY_SECONDS)
            ready = self._ready
        if not ready:
            self.kill()
            raise CameraError("the camera did not become ready")

    def stop(self) -> None:
        """Shut it down cleanly: clients see their connections closed. Does nothing when it is down."""
        if self._process is None:
            return
        self.resume()
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._clear_up()

    def kill(self) -> None:
        """SIGKILL: it is gone without closing anything, also during a pause. Does nothing when it is down."""
        if self._process is not None:
            self._process.kill()
            self.resume()
            self._clear_up()

    def restart(self) -> None:
        """Kill it and start it again on the same port."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open but silent; only the kernel accepts new ones."""
        if self._process is None:
            raise CameraError("the camera is down")
        if self._waker is None:
            # A stopped process can't see its stdin close. If the tests are killed meanwhile, this process wakes it.
            self._waker = subprocess.Popen(
                ["/bin/sh", "-c", 'read -r _; kill -CONT "$0"', str(self._process.pid)],
                stdin=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT. Does nothing when it is not paused."""
        if self._process is not None and self._waker is not None:
            self._process.send_signal(signal.SIGCONT)
            self._waker.communicate()
            self._waker = None

    def resize(self, width: int, height: int) -> None:
        """Change the size of the pictures on the existing connections."""
        self._command(f"size {width} {height}")

    def mute(self) -> None:
        """Send no more pictures. Connections stay open and requests are answered."""
        self._command("mute")

    def speak(self) -> None:
        """Undo `mute`."""
        self._command("speak")

    def end_stream(self) -> None:
        """Tell all clients that the stream is over."""
        self._command("end")

    def wait_until(self, condition: Callable[[], bool], timeout_seconds: float = 40.0) -> bool:
        """Whether `condition` came true within the time. It is checked at each event of the camera."""
        with self._changed:
            return self._changed.wait_for(condition, timeout_seconds)

    def _command(self, line: str) -> None:
        if self._process is None:
            raise CameraError("the camera is down")
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _clear_up(self) -> None:
        assert self._process is not None
        assert self._reader is not None
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process = self._reader = None

    def _read_events(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            with self._changed:
                if event["event"] == "ready":
                    self.port = event["port"]
                    self._ready = True
                elif event["event"] == "painted":
                    self._painted = (event["at_ms"] / 1000, event["pictures"])
                else:
                    self._clients = event["clients"]
                    self._playing_sessions = event["sessions"]
                    self._sessions_of_this_run = event["total_sessions"]
                self._changed.notify_all()
        with self._changed:
            self._over = True
            self._clients = self._playing_sessions = 0
            self._sessions_of_earlier_runs += self._sessions_of_this_run
            self._sessions_of_this_run = 0
            self._changed.notify_all()
