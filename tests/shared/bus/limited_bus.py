"""A bus in a process of its own with little memory, for a test: a proxy, and a publisher of one small picture.

`python -m tests.shared.bus.limited_bus ADDRESS INNER_ADDRESS [DIRECTORY OF KEYS]`
"""

import resource
import sys
from pathlib import Path

from shared.bus.proxy import BusProxy
from tests.shared.bus.key_files import keys_of_server
from tests.support.pump import Pump

TOPIC = b"frame/one/main/"
MEMORY_LIMIT = 400 * 1024**2
"""Of data, threads' stacks included, so that a fault ends this process and not the machine."""


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    keys = keys_of_server(Path(sys.argv[3])) if len(sys.argv) > 3 else None
    proxy = BusProxy(sys.argv[1], sys.argv[2], keys)
    with Pump(sys.argv[2], [TOPIC, b"picture"], is_inner=True):
        sys.stdin.read()
    proxy.close()
