"""The archiver in 1 GB, which is what it has in a container: `python -m tests.archiver.limited_archiver`.

The limit is on the address space, which is stricter: a fault ends this process and not the machine.
"""

import resource
import sys

from services.archiver.__main__ import main

MEMORY_LIMIT = 1024**3

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    sys.exit(main())
