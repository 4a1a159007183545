"""The size of a camera that is down since ingest started, as its newest archived frame has it.

With it a program's stream begins at the size at which it goes on. Where the archiver can't tell, nobody knows the size.
"""

import asyncio
import time
from typing import Final

import httpx2
from pydantic import BaseModel, Field, ValidationError

from services.stream.fanout.hub import Hub
from shared.bus.frames import MAX_SIDE_PIXELS
from shared.web.access.authenticator import Authenticator
from shared.web.access.guard import COOKIE

FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 300.0
_LATEST: Final = "/api/camera/frames/latest"


class _Frame(BaseModel):
    width: int = Field(ge=1, le=MAX_SIDE_PIXELS)
    height: int = Field(ge=1, le=MAX_SIDE_PIXELS)


class ArchivedSizes:
    """Asks the archiver by `client`, for as long as the camera's size is unknown, less and less often."""

    def __init__(self, client: httpx2.AsyncClient, hub: Hub, authenticator: Authenticator) -> None:
        self._client = client
        self._hub = hub
        self._authenticator = authenticator
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._due: dict[str, tuple[float, float]] = {}
        """By camera: when it may be asked about again (monotonic seconds), and the wait after that."""

    def ask(self, camera_key: str) -> None:
        """Tell the hub the size of a camera as soon as the archive tells it. To be called again and again."""
        now = time.monotonic()
        due_at, wait = self._due.get(camera_key, (now, FIRST_RETRY_SECONDS))
        if now >= due_at and camera_key not in self._asking:
            self._due[camera_key] = (now + wait, min(2 * wait, LONGEST_RETRY_SECONDS))
            asking = self._asking[camera_key] = asyncio.create_task(self._ask(camera_key))
            asking.add_done_callback(lambda _: self._asking.pop(camera_key))

    async def _ask(self, camera_key: str) -> None:
        headers = {}
        if self._authenticator.is_on:  # the archiver knows our signature: its secrets are the same
            role = self._authenticator.signer.lowest_role
            if role is None:
                return  # only the owner's page has set secrets, and those are not ours to show
            headers["Cookie"] = f"{COOKIE}={self._authenticator.signer.session(role)}"
        try:
            answer = await self._client.get(_LATEST, params={"camera": camera_key}, headers=headers)
            frame = _Frame.model_validate_json(answer.content)
        except (httpx2.HTTPError, ValidationError):
            return  # no archive, no frame of it, or other secrets: there is another time
        self._hub.cameras.remember_size(camera_key, (frame.width, frame.height))
