"""A 401 as a picture, for clients that show whatever body they are given: Home Assistant, wget, notifications.

Whoever asks may be a stranger. So the picture has nothing of a camera, not even its size, and each of the few there
are is drawn once.
"""

import asyncio
import re
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.stream.api.accept import is_browsers_image, prefers_words
from services.stream.api.mjpeg import NO_CACHE
from services.stream.base import texts
from services.stream.fanout.cameras import Problem
from shared.logs import get_logger
from shared.setup_command import setup_command
from shared.web.texts import EXPIRED_LINK, NOT_OR_NO_LONGER, SIGN_ON_NEEDED, setup_needed

SIZE: Final = (640, 360)
"""Small: anybody may have it sent, as often as they ask."""
_OF_PICTURES: Final = re.compile(r"/api/(?:camera|cameras/[^/]+)/(snapshot|stream)")
_HEADLINES: Final = {
    EXPIRED_LINK: texts.LINK_NOT_VALID,
    SIGN_ON_NEEDED: texts.SIGN_ON_FIRST,
    NOT_OR_NO_LONGER: texts.TOKEN_NOT_VALID,
}
"""By the reason, which stands below."""
_LOGIN_NEEDED: Final = Problem(texts.LOGIN_NEEDED, texts.LOGIN_NEEDED_ADVICE)
_UNAUTHORIZED: Final = 401
log = get_logger(__name__)


class RefusalPictures:
    """One per process: it keeps the pictures. An instance is the guard's `illustrate`."""

    def __init__(self) -> None:
        self._drawn: dict[Problem, asyncio.Task[bytes | None]] = {}
        self._headlines = _HEADLINES | {setup_needed(setup_command()): texts.SETUP_FIRST}

    def __call__(self, scope: Scope, reason: str, headers: dict[str, str]) -> ASGIApp | None:
        """None where words are better: at other addresses, and for clients that would rather read."""
        found = _OF_PICTURES.fullmatch(scope["path"])
        if scope["type"] != "http" or found is None or _wants_words(scope, is_stream=found[1] == "stream"):
            return None
        headline = self._headlines.get(reason)
        problem = _LOGIN_NEEDED if headline is None else Problem(headline, reason)

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            jpeg = await self._picture(problem)
            answered = headers | {"Vary": "Accept"}
            response: Response
            if jpeg is None:
                response = JSONResponse({"detail": reason}, _UNAUTHORIZED, answered)
            else:
                response = Response(jpeg, _UNAUTHORIZED, {**NO_CACHE, **answered, "X-Live": "0"}, "image/jpeg")
            await response(scope, receive, send)

        return answer

    async def _picture(self, problem: Problem) -> bytes | None:
        """None when it can't be drawn, for good: a stranger's requests must not cost a drawing each."""
        drawing = self._drawn.get(problem)
        if drawing is None:
            drawing = self._drawn[problem] = asyncio.create_task(_draw(problem))
        return await asyncio.shield(drawing)


def _wants_words(scope: Scope, *, is_stream: bool) -> bool:
    """By Accept and by the address, as without a fresh picture. A page that shows a stream waits for its image's error
    event, which goes on to another way or to the login; and what a script fetches, the script reads.
    """
    headers = Headers(scope=scope)
    accept = headers.get("accept", "")
    if prefers_words(accept) or headers.get("sec-fetch-dest") == "empty":
        return True
    if parse_qs(scope["query_string"].decode("latin-1")).get("stand_in") == ["none"]:
        return True
    return is_stream and is_browsers_image(accept)


async def _draw(problem: Problem) -> bytes | None:
    try:
        return await asyncio.to_thread(_drawn, problem)
    except Exception as error:  # noqa: BLE001 Pillow raises what it likes, and memory may be short
        log.warning("refusal not drawn", why=repr(error))
        return None


def _drawn(problem: Problem) -> bytes:
    """The first one loads Pillow, which a replica does without while nobody is refused."""
    from services.stream.fanout.placeholder_image import draw_placeholder  # noqa: PLC0415

    return draw_placeholder(problem, SIZE, None)
