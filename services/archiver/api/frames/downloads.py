"""How many zip files are sent at a time: each is read from the disk until its client has taken it in. On the loop."""

from collections import Counter
from collections.abc import AsyncGenerator
from typing import Final

from fastapi import Request

from services.archiver.api.turns import refusal
from services.archiver.base import texts
from shared.access.client_network import client_network
from shared.web.access.roles import requester_of

MOST_DOWNLOADS: Final = 20
MOST_OF_ONE: Final = 4
"""For each address."""
_RETRY_SECONDS: Final = "30"


class Downloads:
    """A dependency of an endpoint whose answer is long: it counts until the answer is sent, or its client has gone."""

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()

    async def __call__(self, request: Request) -> AsyncGenerator[None, None]:
        """Raises HTTPException: 429 when there are too many, of this address or of all."""
        address = client_network(requester_of(request.scope).address)
        if self._of[address] >= MOST_OF_ONE:
            raise refusal(
                request, _RETRY_SECONDS, "downloads of one address", MOST_OF_ONE, texts.too_many_downloads_of_one
            )
        if self._of.total() >= MOST_DOWNLOADS:
            raise refusal(request, _RETRY_SECONDS, "downloads", MOST_DOWNLOADS, texts.too_many_downloads)
        self._of[address] += 1
        try:
            yield
        finally:
            self._of[address] -= 1
            if not self._of[address]:
                del self._of[address]
