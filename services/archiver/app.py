"""The HTTP application: puts routes, health and the archiver's life together."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware

from services.archiver.api.frames.capture_and_delete import changes_router
from services.archiver.api.frames.images import pictures_router
from services.archiver.api.frames.listing import frames_router
from services.archiver.api.frames.scrubbing import scrub_router
from services.archiver.api.frames.sprite_sheets import Sprites
from services.archiver.base.errors import DatabaseUnavailableError, StorageUnavailableError
from services.archiver.db.frame_columns import FrameIndex
from services.archiver.service import Archiver
from shared import __version__
from shared.web.body_limit import BodyLimit
from shared.web.error_messages import use_error_messages
from shared.web.health import health_router

RETRY_AFTER_SECONDS: Final = "5"


def create_app(archiver: Archiver, more: Iterable[APIRouter] = ()) -> FastAPI:
    """The application; the archiver starts and stops with it. `more` are the endpoints that go by its settings."""

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
    )
    # Those with fixed addresses first: `/{frame_id}` would take them for ids.
    for router in more:
        app.include_router(router)
    app.include_router(frames_router(archiver.catalog, archiver.ledger))
    index = FrameIndex(archiver.engine)
    app.include_router(scrub_router(index, Sprites(index, archiver.shelf)))
    app.include_router(pictures_router(archiver.catalog, archiver.shelf))
    app.include_router(changes_router(archiver.catalog, archiver.shelf, archiver.capture_by_hand))
    app.include_router(health_router(archiver.why_not_ready, archiver.problems))
    use_error_messages(app)
    _add_error_handlers(app, archiver)
    app.add_middleware(BodyLimit)
    # Of an index of 10,000 frames a third is left; pictures, videos and zips pass as they are.
    app.add_middleware(GZipMiddleware, minimum_size=2000, compresslevel=6)
    return app


def _add_error_handlers(app: FastAPI, archiver: Archiver) -> None:
    @app.exception_handler(DatabaseUnavailableError)
    async def database_unavailable(_: Request, __: DatabaseUnavailableError) -> JSONResponse:
        archiver.look_again()
        return _try_later("The archive's database can't be used at the moment: try again. /readyz says why.")

    @app.exception_handler(StorageUnavailableError)
    async def storage_unavailable(_: Request, __: StorageUnavailableError) -> JSONResponse:
        return _try_later("The archive's pictures can't be read or written at the moment: try again. The log says why.")


def _try_later(detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=503, headers={"Retry-After": RETRY_AFTER_SECONDS})
