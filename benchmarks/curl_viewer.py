"""One viewer that uses curl for HTTP/1.1 and HTTP/2. It dates pictures in the same way as `viewers.c`."""

import subprocess
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self

from benchmarks.load import Report


class CurlViewer:
    """Watches `url` during a `with` block. `prefix` can run curl in a network namespace. Any certificate is trusted."""

    def __init__(self, url: str, http: str, prefix: Sequence[str] = ()) -> None:
        version = "--http2" if http == "2" else "--http1.1"
        command = [*prefix, "curl", "--silent", "--show-error", "--insecure", "--no-buffer", version, url]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._began_at = time.monotonic()
        self._dated: list[tuple[int, float, float]] = []
        self._widths: Counter[int] = Counter()
        assert self._process.stdout is not None
        self._thread = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()

    def report(self) -> Report:
        """The pictures received since the start."""
        assert self._dated, "no picture arrived"
        dated = list(self._dated)
        return Report(time.monotonic() - self._began_at, 0, [len(dated)], [], dated)

    def widths(self) -> str:
        """The share of each width, in order of their first picture."""
        total = sum(self._widths.values())
        return " ".join(f"{width}:{round(100 * count / total)}%" for width, count in self._widths.items())

    def _read(self, body: IO[bytes]) -> None:
        while body.readline():  # the boundary
            headers = {}
            while (line := body.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().strip().partition(": ")
                headers[name.lower()] = value
            if not headers:
                return
            jpeg = body.read(int(headers["content-length"]) + 2)
            now = time.time()
            self._dated.append((0, now, now - float(headers["x-timestamp"])))
            self._widths[_width(jpeg)] += 1


def _width(jpeg: bytes) -> int:
    """The width of a baseline JPEG in pixels. In its frame header it follows length, precision and height."""
    at = jpeg.index(b"\xff\xc0") + 7
    return int.from_bytes(jpeg[at : at + 2])
