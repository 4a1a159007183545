"""FastAPI's idiom for MJPEG, as in many tutorials: a StreamingResponse over an async generator per viewer. Each new
frame wakes all of them. It reads the same bus and sends the same parts as Framecast.

    BUS_CONNECT=… STREAM_PORT=… python -m benchmarks.idiom
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from benchmarks.bus_camera import CAMERA_KEY
from shared.bus.frames import decode_frame
from shared.bus.topics import MAIN, frame_topic
from tests.support.receiver import Receiver

CONTENT_TYPE: Final = "multipart/x-mixed-replace; boundary=frame"


def part(jpeg: bytes, captured_at_ns: int) -> bytes:
    """The bytes of one picture in the response. All servers of a comparison send the same."""
    head = (
        f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n"
        f"X-Timestamp: {captured_at_ns / 1e9:.3f}\r\nX-Live: 1\r\n\r\n"
    )
    return head.encode() + jpeg + b"\r\n"


class Newest:
    """The newest part, and an event that each new one replaces."""

    def __init__(self) -> None:
        self.part = b""
        self.changed = asyncio.Event()

    async def follow(self, bus: str) -> None:
        subscriber = Receiver(bus)
        subscriber.subscribe(frame_topic(CAMERA_KEY, MAIN))
        while True:
            frame = decode_frame(await subscriber.receive())
            self.part = part(frame.jpeg, frame.captured_at_ns)
            changed, self.changed = self.changed, asyncio.Event()
            changed.set()

    async def parts(self) -> AsyncIterator[bytes]:
        while True:
            await self.changed.wait()
            yield self.part


def build_app(bus: str) -> FastAPI:
    newest = Newest()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        following = asyncio.create_task(newest.follow(bus))
        yield
        following.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.get("/api/camera/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(newest.parts(), media_type=CONTENT_TYPE)

    return app


if __name__ == "__main__":
    uvicorn.run(
        build_app(os.environ["BUS_CONNECT"]),
        host=os.environ.get("STREAM_HOST", "127.0.0.1"),
        port=int(os.environ["STREAM_PORT"]),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
