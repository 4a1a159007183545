"""A bus in a process of its own with little memory, for a test: a proxy, and a publisher of one small picture.

`python -m tests.shared.bus.limited_bus ADDRESS INNER_ADDRESS`
"""

import resource
import sys

from shared.bus.proxy import BusProxy
from tests.support.pump import Pump

TOPIC = b"frame/one/main/"
MEMORY_LIMIT = 400 * 1024**2
"""Of data, threads' stacks included, so that a fault ends this process and not the machine."""


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    proxy = BusProxy(sys.argv[1], sys.argv[2])
    with Pump(sys.argv[2], [TOPIC, b"picture"], is_inner=True):
        sys.stdin.read()
    proxy.close()
