"""The HTTP application: puts together the routers, the health endpoints and the archiver's start and stop."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware

from services.archiver.api.frames.capture_and_delete import capture_router, delete_router
from services.archiver.api.frames.capturing import capturing_router
from services.archiver.api.frames.days import days_router
from services.archiver.api.frames.gaps import gaps_router
from services.archiver.api.frames.history import history_router
from services.archiver.api.frames.images import images_router
from services.archiver.api.frames.index import index_router
from services.archiver.api.frames.kept import kept_router
from services.archiver.api.frames.listing import listing_router
from services.archiver.api.frames.sprite_sheets import SpriteSheets
from services.archiver.api.frames.sprites import sprites_router
from services.archiver.api.frames.zip_download import zip_router
from services.archiver.base import texts
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.db.gaps import GapRows
from services.archiver.db.history import HistoryRows
from services.archiver.db.models import ArchivedFrame
from services.archiver.service import Archiver
from shared import __version__
from shared.throttled_log import ThrottledLog
from shared.web.api_docs.router import WITHOUT_THEIRS, docs_router
from shared.web.body_limit import BodyLimit
from shared.web.error_messages import use_error_messages
from shared.web.health import health_router, not_ready
from shared.web.relative_redirects import RelativeRedirects

RETRY_AFTER_SECONDS: Final = "5"
UTC: Final = ZoneInfo("UTC")


def create_app(archiver: Archiver, more: Iterable[APIRouter] = (), zone: ZoneInfo = UTC) -> FastAPI:
    """The application; it starts and stops the archiver.

    `more` are the routers that depend on settings, `zone` is that of days and files where a request names none.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await archiver.start()
        try:
            yield
        finally:
            await archiver.stop()

    app = FastAPI(
        title="Framecast archiver",
        summary="The archived frames: one WebP picture per camera and slot.",
        version=__version__,
        lifespan=lifespan,
        **WITHOUT_THEIRS,
    )
    app.state.zone = zone

    async def strictly(_: Request) -> JSONResponse | None:
        reason = archiver.why_not_archiving()
        return None if reason is None else not_ready(reason, RETRY_AFTER_SECONDS)

    health = health_router(archiver.why_not_ready, archiver.problems, strictly)
    for router in (*more, *_frame_routers(archiver), health):
        app.include_router(router)
    app.include_router(docs_router(app.openapi))
    use_error_messages(app)
    _add_error_handlers(app, archiver)
    app.add_middleware(BodyLimit)
    app.add_middleware(RelativeRedirects)
    # It shrinks an index of 10,000 frames to a third; pictures, videos and zip files pass unchanged.
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=6)
    return app


def _frame_routers(archiver: Archiver) -> Iterable[APIRouter]:
    """Fixed addresses first: `/{frame_id}` would take them for ids."""
    frame_rows, frame_files, gap_rows = archiver.frame_rows, archiver.frame_files, GapRows(archiver.engine)

    async def capture(camera_key: str | None) -> ArchivedFrame | None:
        return await archiver.manual_capture.capture(camera_key)

    yield listing_router(frame_rows, archiver.look_ups)
    yield gaps_router(gap_rows)
    yield history_router(HistoryRows(archiver.engine))
    recorders = lambda: archiver.recorder.recorders()  # noqa: E731, PLW0108 made later
    yield capturing_router(recorders, archiver.why_not_archiving, archiver.problems)
    yield days_router(frame_rows, gap_rows)
    yield zip_router(frame_rows, frame_files)
    yield index_router(frame_rows)
    yield sprites_router(SpriteSheets(frame_rows, frame_files))
    yield images_router(frame_rows, frame_files, archiver.look_ups, archiver.pictures)
    yield capture_router(capture)
    yield delete_router(frame_rows, frame_files)
    yield kept_router(frame_rows, frame_files)


def _add_error_handlers(app: FastAPI, archiver: Archiver) -> None:
    unavailable = ThrottledLog("requests for pictures", event="failed")

    @app.exception_handler(DatabaseUnavailableError)
    async def database_unavailable(_: Request, __: DatabaseUnavailableError) -> JSONResponse:
        archiver.row_writer.check_database()
        return _try_later(texts.DATABASE_AWAY)

    @app.exception_handler(StorageUnavailableError)
    async def storage_unavailable(_: Request, error: StorageUnavailableError) -> JSONResponse:
        unavailable.count(str(error))
        return _try_later(texts.STORE_AWAY)


def _try_later(detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=503, headers={"Retry-After": RETRY_AFTER_SECONDS})
