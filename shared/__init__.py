"""The code that the services share: the bus and its messages, the HTTP server and access, settings, logs, lifecycle.

Nothing here imports a service. The services exchange only the messages that this package encodes and decodes.
"""

__version__ = "0.1.0"
