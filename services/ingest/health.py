"""`python -m services.ingest.health`: whether ingest speaks on the bus, as a container's health check asks.

Exit code 0 when a camera's status, of whatever state, comes within some seconds: a camera that is down is no fault of
ingest's, and no restart would mend it. A bus with keys is listened to with ingest's own, which its bus lets in.
"""

import asyncio
import sys
from typing import Final

from services.ingest.settings import IngestSettings
from shared.bus.curve import ClientKeys
from shared.bus.keys import server_keys
from shared.bus.status import decode_status
from shared.bus.subscriber import Subscriber
from shared.bus.topics import ALL_STATUSES
from shared.errors import ConfigurationError, MessageDecodeError
from shared.settings import load_settings

WAIT_SECONDS: Final = 5.0


async def hears_a_status(addresses: str, keys: ClientKeys | None = None) -> bool:
    """Whether a status that can be read comes from one of `addresses` in time."""
    bus = Subscriber(addresses, keys)
    bus.subscribe(ALL_STATUSES)
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            decode_status(await bus.receive())
    except (TimeoutError, MessageDecodeError):
        return False
    finally:
        bus.close()
    return True


def local_addresses(bus_bind: str) -> str:
    """Where to connect on this host to what `BUS_BIND` binds: an address for all interfaces can't be connected to."""
    return bus_bind.replace("://0.0.0.0:", "://127.0.0.1:").replace("://*:", "://127.0.0.1:")


def main() -> int:
    try:
        settings = load_settings(IngestSettings)
        keys = server_keys(settings)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    address = local_addresses(settings.bus_bind)
    if not asyncio.run(hears_a_status(address, None if keys is None else keys.as_client())):
        sys.stderr.write(f"no status came from {settings.bus_bind} within {WAIT_SECONDS:g} s\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
