"""Archived frames by their ids, for the holder of a token: only of the token's cameras."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from services.archiver.api.frames.images import images_router
from services.archiver.db.frames import FrameRows
from services.archiver.files.frame_files import FrameFiles
from shared.web.access.record_scope import RecordScope
from shared.web.access.roles import Requester, Role, set_requester
from tests.archiver.support import AT
from tests.support.archive import MadeArchive

pytestmark = pytest.mark.parametrize("is_outgrown", [False], indirect=True)


class Holding:
    """In the guard's place: every request comes from somebody with these limits."""

    def __init__(self, app: ASGIApp, limits: RecordScope) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        set_requester(scope, Requester("", is_https=False, role=Role.VIEWER, limits=self._limits))
        await self._app(scope, receive, send)


def test_a_frame_of_another_camera_is_not_there(frame_files: FrameFiles, frame_rows: FrameRows) -> None:
    """The guard can't tell whose a frame is. A share link names its frame, and opens it."""
    (frame,) = MadeArchive(frame_files, frame_rows).hours(AT.replace(minute=0, second=0), range(1))
    app = FastAPI()
    app.include_router(images_router(frame_rows, frame_files))
    address = f"/api/camera/frames/{frame.id}"
    for limits, expected in (
        (RecordScope(cameras=(frame.camera_key,)), 200),
        (RecordScope(cameras=("another", frame.camera_key)), 200),
        (RecordScope(cameras=("another",)), 404),
        (RecordScope(subject=address), 200),
    ):
        client = TestClient(Holding(app, limits))
        for path in (address, f"{address}/image", f"{address}/thumbnail"):
            assert client.get(path).status_code == expected, (limits, path)
