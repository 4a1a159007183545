"""The owner's decisions, as one process of stream or the archiver has them: what ingest told, and how to ask it.

Without BUS_CONTROL there is none of this, and the environment alone says who may come in.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from shared.bus.curve import ClientKeys
from shared.clock import Clock
from shared.control.client import ControlClient
from shared.control.messages import ClientFacts, ControlRefusedError, ControlSilentError, Proof
from shared.web.access.access_book import AccessBook
from shared.web.access.access_listener import AccessListener, Bus
from shared.web.access.password_judge import PasswordJudge
from shared.web.settings import WebSettings

Connect = Callable[[str, ClientKeys | None], Bus]
MAX_BROWSER: Final = 512
MAX_ADDRESS: Final = 64
USES_SECONDS: Final = 60.0
MAX_USES: Final = 200
FIRST_NEWS_SECONDS: Final = 5.0
"""For this long after the start a request waits for ingest's first state. Later it is refused at once."""
ANSWER_SECONDS: Final = 5.0
"""How long somebody waits for ingest."""


class OwnerAccess:
    """Asks by `control` and listens to `bus`. `is_published`: whether others reach this process, and ALLOW_ANONYMOUS
    does not let them in: they get the setup page while nothing is claimed. On the loop.
    """

    def __init__(self, control: ControlClient, bus: Bus, clock: Clock, *, is_published: bool) -> None:
        self.is_published: Final = is_published
        self.book: Final = AccessBook(clock)
        self._monotonic = clock.monotonic
        self._is_starting_until = clock.monotonic() + FIRST_NEWS_SECONDS
        self._control = control
        self.judge: Final = PasswordJudge(self.ask, self.book, clock.monotonic)
        self._listener = AccessListener(bus, self.book)

    async def run(self) -> None:
        """Listen to ingest, and tell it which records are used, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listener.run())
                tasks.create_task(self._tell_uses())
        finally:
            await self._control.close()

    async def first_news(self) -> None:
        """Return when ingest has told its first state, and at the latest soon after the start."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._is_starting_until - self._monotonic())):
                await self.book.until_known()

    async def _tell_uses(self) -> None:
        """Last uses are for the owner to see, and decide nothing: what can't be told is forgotten."""
        while True:
            await asyncio.sleep(USES_SECONDS)
            uses = [{"sha256": sha256, "at": at} for sha256, at in self.book.take_uses(MAX_USES).items()]
            if uses:
                with suppress(ControlRefusedError, ControlSilentError):
                    await self.ask("used", None, client_facts(""), {"uses": uses})

    async def ask(
        self,
        do: str,
        proof: Proof | None,
        client: ClientFacts,
        arguments: Mapping[str, Any] | None = None,
        deadline_seconds: float = ANSWER_SECONDS,
    ) -> Mapping[str, Any]:
        """The result of a request to ingest.

        Raises:
            ControlRefusedError: ingest refused.
            ControlSilentError: ingest does not answer.
        """
        return await self._control.ask(do, proof, client, arguments, deadline_seconds)


def client_facts(address: str, browser: str = "") -> ClientFacts:
    """From where somebody asks, for the record and for the limit on guessing."""
    return ClientFacts(address=address[:MAX_ADDRESS], browser=browser[:MAX_BROWSER])


def owner_access(
    settings: WebSettings, connect: Connect, clock: Clock, keys: ClientKeys | None = None, *, is_published: bool = False
) -> OwnerAccess | None:
    """None without BUS_CONTROL. `connect` makes the connection to the ingest that keeps the state."""
    address = settings.owner_control
    if address is None:
        return None
    bus = connect(settings.owner_address, keys)
    return OwnerAccess(ControlClient(address, keys), bus, clock, is_published=is_published)
