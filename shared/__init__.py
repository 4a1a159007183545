"""What the services have in common: the wire format, the bus, settings, logs and lifecycle.

Nothing here knows a service; the services meet only in what this package encodes and decodes.
"""

__version__ = "0.1.0"
