"""The stream application: its endpoints, the hub's task and the pages, put together."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp

from services.stream.api.access import access_router
from services.stream.api.api_description import DescribedApp
from services.stream.api.archive_proxy import archive_client, archive_router, forwarding
from services.stream.api.archived_sizes import ArchivedSizes
from services.stream.api.camera_settings import camera_settings_router
from services.stream.api.cameras import cameras_router
from services.stream.api.check import check_router
from services.stream.api.compatibility import Compatibility, state_router
from services.stream.api.connect import connect_router
from services.stream.api.control_refusals import tell_fields
from services.stream.api.login import login_router
from services.stream.api.one_query import OneQuery
from services.stream.api.own_addresses import Publication
from services.stream.api.pages import ELEMENT, OPEN_FILES, pages_app
from services.stream.api.per_address_limit import PerAddressLimit
from services.stream.api.refusal_pictures import RefusalPictures
from services.stream.api.setup import setup_router, tell_that_it_is_needed
from services.stream.api.share_links import LINKS, links_router
from services.stream.api.shared_page import shared_page_router
from services.stream.api.snapshots import snapshots_router
from services.stream.api.status import status_router
from services.stream.api.streams import streams_router
from services.stream.fanout.hub import Hub
from services.stream.settings import SHOWN, StreamSettings
from shared import __version__
from shared.clock import Clock
from shared.logs import get_logger
from shared.web.access.authenticator import Authenticator
from shared.web.access.guard import HEALTH, LOGIN, SETUP, AccessRules, Guard
from shared.web.access.owner_access import OwnerAccess
from shared.web.access.share_links import SHARED
from shared.web.api_docs.router import WITHOUT_THEIRS, docs_router
from shared.web.base_path import BasePath
from shared.web.body_limit import BodyLimit
from shared.web.error_messages import use_error_messages
from shared.web.health import health_router
from shared.web.relative_redirects import RelativeRedirects
from shared.web.settings import shown

ACCESS_RULES: Final = AccessRules(
    # The health check, the login page with its files, and the element that other people's pages load.
    open=frozenset(
        {
            HEALTH,
            LOGIN,
            "/logout",
            "/framecast.css",
            "/login.css",
            "/theme.js",
            "/favicon.svg",
            ELEMENT,
            SHARED,
            *OPEN_FILES,
        }
    ),
    viewer_writes=frozenset({LINKS}),
    has_login_page=True,
)
OWNERS_RULES: Final = replace(ACCESS_RULES, open=ACCESS_RULES.open | {SETUP, "/setup.js"}, closable=frozenset({SHARED}))
"""Where the owner may decide at the page."""
_SUMMARY: Final = (
    "Live pictures and the archive. Frames also come over WebSockets, at /api/cameras/{key}/ws (docs/websocket.md)."
)
log = get_logger(__name__)


def build_app(
    settings: StreamSettings, hub: Hub, clock: Clock | None = None, owner: OwnerAccess | None = None
) -> ASGIApp:
    """The application. Its lifespan runs `hub`, and `owner`. If one crashes, the process ends, to be restarted."""
    archive = archive_client(settings.archiver_url)
    authenticator = Authenticator(settings, clock or Clock(), owner)
    hub.on_unknown_size = ArchivedSizes(archive, hub, authenticator).ask

    def problems() -> list[str]:
        return [*authenticator.problems(), *hub.problems.in_words()]

    lifespan = partial(_lifespan, hub, authenticator, owner, archive)
    app = DescribedApp(title="Framecast", summary=_SUMMARY, version=__version__, lifespan=lifespan, **WITHOUT_THEIRS)
    use_error_messages(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(RelativeRedirects)
    app.include_router(cameras_router(hub))
    app.include_router(streams_router(hub, PerAddressLimit(settings.stream_max_viewers_per_address)))
    app.include_router(snapshots_router(hub))
    app.include_router(links_router(hub, authenticator))
    app.include_router(connect_router(hub, authenticator, _publication(settings)))
    app.include_router(shared_page_router(hub, authenticator, settings.archive_time_zone))
    app.include_router(login_router(authenticator))
    if owner is not None:
        _include_owners_routers(app, settings, authenticator, owner)
    to_the_archive = forwarding(archive, PerAddressLimit(settings.stream_max_viewers_per_address))
    app.include_router(archive_router(to_the_archive))
    app.include_router(status_router(hub, authenticator, shown(settings, SHOWN)))
    app.include_router(check_router(hub, authenticator, archive, allows_anonymous=settings.allow_anonymous))
    app.include_router(health_router(hub.why_not_ready, problems, strictly=to_the_archive))
    app.include_router(docs_router(app.openapi, has_pages=True))
    if settings.compatibility_urls:
        app.include_router(state_router(hub))
    pages = pages_app(settings.archive_time_zone, settings.allowed_origins, authenticator)
    app.mount("/", pages, name="pages")
    rules = ACCESS_RULES if owner is None else OWNERS_RULES
    guarded = Guard(app, settings, authenticator, rules, RefusalPictures())
    served = Compatibility(guarded, hub.cameras.keys_in_order) if settings.compatibility_urls else guarded
    return BasePath(OneQuery(served), settings.base_path)


@asynccontextmanager
async def _lifespan(
    hub: Hub,
    authenticator: Authenticator,
    owner: OwnerAccess | None,
    archive: AbstractAsyncContextManager[object],
    _app: FastAPI,
) -> AsyncIterator[None]:
    running = [asyncio.create_task(hub.run(), name="hub")]
    if owner is not None:
        running.append(asyncio.create_task(owner.run(), name="access"))
        running.append(asyncio.create_task(tell_that_it_is_needed(authenticator, owner), name="setup"))
    for task in running:
        task.add_done_callback(_end_after_crash)
    async with archive:
        yield
    for task in running:
        task.cancel()
    hub.close()


def _include_owners_routers(
    app: FastAPI, settings: StreamSettings, authenticator: Authenticator, owner: OwnerAccess
) -> None:
    """What the owner decides at the page: the passwords and tokens, and the cameras."""
    listens_at = None if settings.publish_address else (settings.stream_host, settings.stream_port)
    app.include_router(setup_router(authenticator, owner, listens_at))
    app.include_router(access_router(authenticator, owner))
    app.include_router(camera_settings_router(authenticator, owner))
    tell_fields(app)


def _publication(settings: StreamSettings) -> Publication:
    return Publication(
        settings.stream_host,
        settings.stream_port,
        settings.publish_address,
        settings.publish_port,
        settings.site_address,
        has_gateway=settings.gateway_socket is not None,
    )


def _end_after_crash(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and (error := running.exception()) is not None:
        log.error("part of stream crashed", part=running.get_name(), exc_info=error)
        signal.raise_signal(signal.SIGTERM)
