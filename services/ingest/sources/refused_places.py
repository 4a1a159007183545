"""Which places are never connected. The IP address of a connection is judged, since a name may lead anywhere."""

import socket

from services.ingest.camera_address.metadata_service import is_metadata_service
from services.ingest.sources import SourceRefusedError, failure_reasons


def refuse_connected(peer: str) -> None:
    """
    Raises:
        SourceRefusedError: the IP address that a connection goes to is one.
    """
    if is_metadata_service(peer):
        raise SourceRefusedError(failure_reasons.METADATA_SERVICE)


def refuse_resolved(host: str) -> None:
    """The same for a library that connects by itself: each address that the name has at the moment.

    Raises:
        SourceRefusedError: one of them is.
    """
    if is_metadata_service(host):
        raise SourceRefusedError(failure_reasons.METADATA_SERVICE)
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the library says so itself
        return
    for *_, place in found:
        refuse_connected(str(place[0]))
