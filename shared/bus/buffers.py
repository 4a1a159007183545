"""How much may wait on the bus, at both ends of a connection.

A limit on the number of messages does not limit their age, so it is small, and so are the kernel's buffers.
"""

from typing import Final

HIGH_WATER_MARK: Final = 8
"""In messages: one camera's frames at every size and its status, which are sent together, and a few more."""
KERNEL_BUFFER_BYTES: Final = 256 * 1024
