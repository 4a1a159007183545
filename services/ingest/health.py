"""`python -m services.ingest.health`: a container's health check. It says whether ingest publishes on the bus.

Exit code 0 if any camera's status arrives within some seconds, whatever its state. A camera that is down is no fault of
ingest, and a restart would not help. On a bus with keys it uses ingest's own keys, which the bus accepts.
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
from shared.settings_file import read_settings_file

WAIT_SECONDS: Final = 5.0


async def receives_a_status(addresses: str, keys: ClientKeys | None = None) -> bool:
    """Whether a valid status arrives from one of the comma-separated `addresses` within `WAIT_SECONDS`."""
    bus = Subscriber(addresses, keys)
    bus.subscribe(ALL_STATUSES)
    first: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()

    def take(parts: list[bytes]) -> None:
        if not first.done():
            first.set_result(parts)

    receiving = asyncio.create_task(bus.hand_newest_to(take))
    try:
        decode_status(await asyncio.wait_for(first, WAIT_SECONDS))
    except (TimeoutError, MessageDecodeError):
        return False
    finally:
        receiving.cancel()
        bus.close()
    return True


def local_addresses(bus_bind: str) -> str:
    """`BUS_BIND` as an address to connect to on this host: nobody can connect to one that means all interfaces."""
    return bus_bind.replace("://0.0.0.0:", "://127.0.0.1:").replace("://*:", "://127.0.0.1:")


def main() -> int:
    read_settings_file()
    try:
        settings = load_settings(IngestSettings)
        keys = server_keys(settings)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    address = local_addresses(settings.bus_bind)
    if not asyncio.run(receives_a_status(address, None if keys is None else keys.as_client())):
        sys.stderr.write(f"no status came from {settings.bus_bind} within {WAIT_SECONDS:g} s\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
