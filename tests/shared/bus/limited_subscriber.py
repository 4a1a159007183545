"""A subscriber in a process of its own with little memory, for a test. It prints how many messages it took, at the end.

`python -m tests.shared.bus.limited_subscriber ADDRESS [DIRECTORY OF KEYS]`; the end of its input ends it.
"""

import asyncio
import resource
import sys
from contextlib import suppress
from pathlib import Path

from shared.bus.subscriber import Subscriber
from tests.shared.bus.key_files import keys_of

MEMORY_LIMIT = 250 * 1024**2


async def main() -> None:
    keys = keys_of("stream", Path(sys.argv[2])) if len(sys.argv) > 2 else None
    subscriber = Subscriber(sys.argv[1], keys)
    subscriber.subscribe(b"frame/one/main/")
    taken: list[bytes] = []
    receiving = asyncio.create_task(subscriber.hand_newest_to(lambda parts: taken.append(parts[0])))
    await asyncio.to_thread(sys.stdin.read)
    assert not receiving.done()
    receiving.cancel()
    with suppress(asyncio.CancelledError):
        await receiving
    subscriber.close()
    print(len(taken))  # noqa: T201 the test reads it


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    asyncio.run(main())
