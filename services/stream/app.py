"""The stream application: the endpoints put together, the hub's task and the page."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from services.stream.compatibility import Compatibility, state_router
from services.stream.crowd import Crowd
from services.stream.forwarding import archive_client, archive_router
from services.stream.hub import Hub
from services.stream.links import LINKS, links_router
from services.stream.login import login_router
from services.stream.pages import ELEMENT, ELEMENT_HEADERS, PAGE_HEADERS, STATIC
from services.stream.routes import camera_router
from services.stream.settings import StreamSettings
from shared import __version__
from shared.clock import Clock
from shared.logs import get_logger
from shared.web.access.authenticator import Authenticator
from shared.web.access.guard import LOGIN, Doors, Guard
from shared.web.errors import answer_in_words
from shared.web.health import health_router

DOORS: Final = Doors(
    # The health check, what the login page itself is made of, and the element that other people's pages load.
    open=frozenset({"/healthz", LOGIN, "/logout", "/login.css", "/favicon.svg", ELEMENT}),
    viewer_writes=frozenset({LINKS}),
    has_login_page=True,
)
log = get_logger(__name__)


def build_app(settings: StreamSettings, hub: Hub, clock: Clock | None = None) -> ASGIApp:
    """The application. Its lifespan runs `hub`; should the hub crash, the process ends, to be restarted."""
    archive = archive_client(settings.archiver_url)
    authenticator = Authenticator(settings, clock or Clock())

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
    app.include_router(camera_router(hub, Crowd(settings.stream_max_viewers_per_address)))
    app.include_router(links_router(hub, authenticator))
    app.include_router(login_router(authenticator))
    app.include_router(archive_router(archive))
    app.include_router(health_router(hub.why_not_ready, hub.problems))

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html", headers=PAGE_HEADERS)

    @app.get("/archive", include_in_schema=False)
    async def archive_page() -> FileResponse:
        return FileResponse(STATIC / "archive.html", headers=PAGE_HEADERS)

    @app.api_route(ELEMENT, methods=["GET", "HEAD"], include_in_schema=False)
    async def element() -> FileResponse:
        return FileResponse(STATIC / ELEMENT.removeprefix("/"), headers=ELEMENT_HEADERS, media_type="text/javascript")

    if settings.compatibility_urls:
        app.include_router(state_router(hub))
    app.mount("/", StaticFiles(directory=STATIC), name="static")
    guarded = Guard(app, settings, authenticator, DOORS)
    return Compatibility(guarded) if settings.compatibility_urls else guarded


def _end_after_crash(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and (error := running.exception()) is not None:
        log.error("hub crashed", exc_info=error)
        signal.raise_signal(signal.SIGTERM)
