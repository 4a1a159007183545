"""How many frames are captured by hand: each is a picture of the camera, an encode and a file for good. On the loop."""

import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Final

from fastapi import Request

from services.archiver.api.turns import refusal
from services.archiver.base import texts
from shared.access.client_network import client_network
from shared.web.access.roles import requester_of

MOST_UNDER_WAY: Final = 16
MOST_A_MINUTE: Final = 60
"""For each address. Twelve cameras may be captured together, five times a minute."""
_MINUTE_SECONDS: Final = 60.0


class CaptureLimit:
    """A dependency of the endpoint that captures."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._under_way = 0
        self._begun: dict[str, deque[float]] = {}

    async def __call__(self, request: Request) -> AsyncGenerator[None, None]:
        """Raises HTTPException: 429 when too many are under way, or this address captures too fast."""
        address = client_network(requester_of(request.scope).address)
        begun = self._of_the_last_minute(address)
        if len(begun) >= MOST_A_MINUTE:
            wait = f"{max(1, round(begun[0] + _MINUTE_SECONDS - self._monotonic()))}"
            raise refusal(request, wait, "captures in a minute", MOST_A_MINUTE, texts.captures_too_fast)
        if self._under_way >= MOST_UNDER_WAY:
            raise refusal(request, "5", "captures under way", MOST_UNDER_WAY, texts.too_many_captures)
        begun.append(self._monotonic())
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def _of_the_last_minute(self, address: str) -> deque[float]:
        """When this address began its captures. Addresses without any are forgotten."""
        since = self._monotonic() - _MINUTE_SECONDS
        for known, begun in list(self._begun.items()):
            while begun and begun[0] <= since:
                begun.popleft()
            if not begun:
                del self._begun[known]
        return self._begun.setdefault(address, deque())
