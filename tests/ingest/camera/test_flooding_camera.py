"""A camera whose pictures are damaged in ever new ways, over a real connection: what others hear of it is bounded."""

import socket
import threading
import time
from contextlib import suppress

from services.ingest.camera.camera import Camera
from services.ingest.camera.renditions import RenderingOptions, Renditions
from services.ingest.camera.state import MAX_NEWS
from services.ingest.select_source import source_opener
from services.ingest.settings import CameraSettings
from services.ingest.worker_main import camera_policy
from shared.bus.frames import Frame
from shared.bus.topics import MAIN
from tests.support.bus import jpeg_picture
from tests.support.connections import each_connection

PICTURES = 400
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=f\r\n\r\n"


class Sink:
    """Counts the news of the camera's state. Each is a log line and a status."""

    def __init__(self) -> None:
        self.news = 0

    def publish(self, frame: Frame) -> None:
        """Not of interest here."""

    def state_changed(self) -> None:
        self.news += 1


def test_damage_in_ever_new_words_is_told_seldom() -> None:
    """It was told thirty times a second: in the log, on the bus, and in a placeholder that was drawn anew."""
    sent_all, began_at = threading.Event(), 0.0

    def serve(connection: socket.socket) -> None:
        nonlocal began_at
        connection.recv(65_536)
        connection.sendall(HEAD)
        picture = jpeg_picture(width=64)
        began_at = time.monotonic()
        for number in range(PICTURES):
            # A marker that no browser takes, another one each time: the words name it.
            damaged = picture[:2] + bytes((0xFF, 0xC3 + number % 2, 0, 4, 0, 0)) + picture[2:]
            part = b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(damaged)
            connection.sendall(part + damaged + b"\r\n")
            time.sleep(0.01)  # as a camera does: what is sent at once is one picture
        sent_all.set()
        with suppress(OSError):
            connection.recv(1)

    with each_connection(serve) as port:
        settings = CameraSettings(device_key="cam1", rtsp_url=f"http://127.0.0.1:{port}/x.mjpg", stall_seconds=1)
        opener = source_opener(settings)
        camera = Camera("cam1", opener, Renditions("cam1", RenderingOptions()), policy=camera_policy(settings))
        camera.want(frozenset({MAIN}))
        stop, sink = threading.Event(), Sink()
        thread = threading.Thread(target=camera.run, args=(stop, sink))
        thread.start()
        assert sent_all.wait(60)
        seconds = time.monotonic() - began_at
        stop.set()
        thread.join(20)
    assert 2 < sink.news <= MAX_NEWS + seconds + 2
