"""The stream application: the endpoints put together, the hub's task and the page."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from services.stream.forwarding import archive_client, archive_router
from services.stream.hub import Hub
from services.stream.routes import camera_router
from services.stream.settings import StreamSettings
from shared import __version__
from shared.logs import get_logger
from shared.web.errors import answer_in_words
from shared.web.health import health_router

STATIC: Final = Path(__file__).parent / "static"
PAGE_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
}
log = get_logger(__name__)


def build_app(settings: StreamSettings, hub: Hub) -> FastAPI:
    """The application. Its lifespan runs `hub`; should the hub crash, the process ends, to be restarted."""
    archive = archive_client(settings.archiver_url)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(hub.run(), name="hub")
        running.add_done_callback(_end_after_crash)
        async with archive:
            yield
        running.cancel()
        hub.close()

    app = FastAPI(title="Framecast stream", version=__version__, lifespan=lifespan)
    answer_in_words(app)
    app.include_router(camera_router(hub))
    app.include_router(archive_router(archive))
    app.include_router(health_router(hub.why_not_ready, hub.problems))

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers=PAGE_HEADERS)

    app.mount("/", StaticFiles(directory=STATIC), name="static")
    return app


def _end_after_crash(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and (error := running.exception()) is not None:
        log.error("hub crashed", exc_info=error)
        signal.raise_signal(signal.SIGTERM)
