"""Metadata services of clouds: known by name and address, and noticed where a connection leads there all the same."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from services.ingest.camera_address import metadata_service
from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.sources import Source, SourceRefusedError
from services.ingest.sources.connection_options import ConnectionOptions
from services.ingest.sources.ffmpeg import FfmpegSource
from services.ingest.sources.http import HttpSource
from services.ingest.sources.rtsp.source import RtspSource
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    "host",
    [
        *("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "[fd00:ec2::254]"),
        *("::169.254.169.254", "64:ff9b::a9fe:a9fe", "169.254.0.23", "metadata.tencentyun.com"),
        *("::ffff:169.254.169.254", "fd00:0ec2:0::0254", "metadata.google.internal", "METADATA.google.internal."),
    ],
)
def test_they_are_known_however_they_are_written(host: str) -> None:
    assert is_metadata_service(host)


@pytest.mark.parametrize("host", ["169.254.1.1", "192.0.2.1", "::1", "metadata.example", "", "fd00:ec2::255"])
def test_cameras_may_be_anywhere_else(host: str) -> None:
    """Also at an address of the local link, where a camera on a cable is."""
    assert not is_metadata_service(host)


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port at 127.0.0.1, and what each connection there sent first."""
    heard = list[bytes]()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.settimeout(10)
                        heard.append(connection.recv(100))

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(20)


SOURCES: dict[str, Callable[[int], Source]] = {
    "direct": lambda port: RtspSource(ConnectionOptions(f"rtsp://localhost:{port}/")),
    "ffmpeg": lambda port: FfmpegSource(ConnectionOptions(f"rtsp://localhost:{port}/")),
    "http": lambda port: HttpSource(ConnectionOptions(f"http://localhost:{port}/"), max_fps=1),
}


@pytest.mark.parametrize("reader", SOURCES)
def test_a_name_that_leads_to_a_metadata_service_is_not_spoken_to(
    reader: str, listener: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here this computer is taken for one."""
    port, heard = listener
    monkeypatch.setattr(metadata_service, "_ADDRESSES", frozenset({ipaddress.ip_address("127.0.0.1")}))
    source = SOURCES[reader](port)
    with pytest.raises(SourceRefusedError, match="metadata service"):
        source.open()
    source.close()
    if reader != "ffmpeg":
        wait_until(lambda: heard, "the connection ended")
    assert b"".join(heard) == b""
