"""Passwords that are set at the page: ingest judges them, and this process remembers the right ones for a while.

A program sends its password with each request, and ingest takes a tenth of a second for each. Remembered is a keyed
digest, and no password.
"""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from shared.control.messages import ClientFacts, Proof
from shared.web.access.access_book import ROLES, AccessBook
from shared.web.access.roles import Role

REMEMBERED_SECONDS: Final = 15 * 60.0
MAX_REMEMBERED: Final = 1000
Ask = Callable[[str, Proof, ClientFacts], Awaitable[Mapping[str, Any]]]
"""A request to ingest: what to do, the proof, and from where somebody asks."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whose a right password is, and which generation of that role's passwords it belongs to."""

    role: Role
    generation: int | None
    """None: ingest's environment sets it, and not the page."""


class PasswordJudge:
    """On the loop. Requests that show the same password at the same time wait for one answer."""

    def __init__(self, ask: Ask, book: AccessBook, monotonic: Callable[[], float]) -> None:
        self._ask = ask
        self._book = book
        self._monotonic = monotonic
        self._key = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, tuple[Judgement, float]] = OrderedDict()
        self._asking: dict[tuple[bytes, str], asyncio.Task[None]] = {}

    def remembered(self, password: str) -> Judgement | None:
        """The judgement on a password that was right lately, and still is."""
        digest = self._digest(password)
        judgement, until = self._remembered.get(digest, (None, 0.0))
        if judgement is None:
            return None
        if until <= self._monotonic() or self._book.generation(judgement.role) != judgement.generation:
            del self._remembered[digest]
            return None
        return judgement

    def is_asking(self, password: str, address: str) -> bool:
        """Whether ingest judges this password of this client at the moment."""
        return (self._digest(password), address) in self._asking

    async def judge(self, password: str, client: ClientFacts) -> None:
        """Have a password judged. `remembered` has the judgement afterwards, if it is right.

        Raises:
            ControlRefusedError: it is wrong, or ingest did not judge it.
            ControlSilentError: ingest does not answer.
        """
        place = (self._digest(password), client.address)
        asking = self._asking.get(place)
        if asking is None:
            asking = self._asking[place] = asyncio.create_task(self._judge(password, client))
            asking.add_done_callback(partial(self._has_asked, place))
        await asyncio.shield(asking)

    def _has_asked(self, place: tuple[bytes, str], asking: asyncio.Task[None]) -> None:
        del self._asking[place]
        if not asking.cancelled():
            asking.exception()  # nobody may wait any more

    async def _judge(self, password: str, client: ClientFacts) -> None:
        result = await self._ask("check_password", Proof(password=password), client)
        judgement = Judgement(ROLES[result["role"]], result["generation"])
        self._remembered[self._digest(password)] = judgement, self._monotonic() + REMEMBERED_SECONDS
        while len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    def _digest(self, password: str) -> bytes:
        return hashlib.blake2b(password.encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest()
