"""The asyncio client of the way back: how stream and the archiver ask ingest."""

from collections.abc import Mapping
from typing import Any

from shared.bus.curve import ClientKeys
from shared.control.messages import DEFAULT_DEADLINE_SECONDS, ClientFacts, Proof


class ControlClient:
    """Asks at `address`, `tcp://HOST:PORT` or `ipc://PATH`. It connects at the first request and costs nothing before.
    A lost connection is made anew at the next request; one that is under way is sent again, once, with the same id.
    Every method is called on one loop.
    """

    def __init__(self, address: str, keys: ClientKeys | None = None) -> None:
        raise NotImplementedError

    async def ask(
        self,
        do: str,
        proof: Proof | None = None,
        client: ClientFacts | None = None,
        arguments: Mapping[str, Any] | None = None,
        deadline_seconds: float = DEFAULT_DEADLINE_SECONDS,
    ) -> Mapping[str, Any]:
        """The result of one request.

        Raises:
            ControlRefusedError: ingest refused, or too many requests of this client are under way (`busy`).
            ControlSilentError: nobody answered within the deadline.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """End the connection. Requests under way raise `ControlSilentError`."""
        raise NotImplementedError
