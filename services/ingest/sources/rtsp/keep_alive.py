"""Reminds a camera of us, so that it does not end the session for want of a sign of life."""

import asyncio
from collections.abc import Set as AbstractSet
from typing import Final

from services.ingest.sources.rtsp.connection import ConnectionEndedError
from services.ingest.sources.rtsp.conversation import Conversation, RefusedError

LONGEST_INTERVAL_SECONDS: Final = 30.0
"""A router on the way forgets a silent connection, however long the camera would wait."""
ANSWER_SECONDS: Final = 10.0


async def keep_alive(conversation: Conversation, url: str, methods: AbstractSet[str], timeout_seconds: float) -> None:
    """Send a request twice in each time-out, until the connection ends.

    A camera may refuse, or answer nothing: what counts is whether pictures come. From then on it is asked by OPTIONS,
    which each camera knows.
    """
    method = "GET_PARAMETER" if "GET_PARAMETER" in methods else "OPTIONS"
    while True:
        await asyncio.sleep(min(timeout_seconds / 2, LONGEST_INTERVAL_SECONDS))
        try:
            async with asyncio.timeout(min(timeout_seconds / 2, ANSWER_SECONDS)):
                await conversation.request(method, url)
        except ConnectionEndedError:
            return
        except (RefusedError, TimeoutError):
            method = "OPTIONS"
