"""How a camera's certificate is verified, whatever is spoken over TLS."""

import socket
import ssl
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from services.ingest.sources import SourceRefusedError, certificate_reasons
from services.ingest.sources.connection_options import ConnectionOptions

PORTS: Final = {"rtsps": 322, "https": 443}


def tls_context(options: ConnectionOptions) -> ssl.SSLContext:
    """What a connection to the camera is encrypted with.

    Raises:
        SourceRefusedError: when the file of the certificate authority can't be read.
    """
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SourceRefusedError(certificate_reasons.NO_CA_FILE) from error
    if not options.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def certificate_error(options: ConnectionOptions) -> SourceRefusedError:
    """The error for a camera whose certificate FFmpeg did not trust. FFmpeg does not say why, so its handshake is made
    once more, and nothing is sent after that.
    """
    words = certificate_reasons.UNTRUSTED
    parts = urlsplit(options.url)
    place = parts.hostname or "", parts.port or PORTS[parts.scheme.lower()]
    with suppress(OSError, UnicodeError):
        try:
            with (
                socket.create_connection(place, options.open_seconds) as plain,
                tls_context(options).wrap_socket(plain, server_hostname=place[0]),
            ):
                pass  # it is trusted by now, or by us
        except ssl.SSLCertVerificationError as error:
            words = certificate_reasons.untrusted(error)
    return SourceRefusedError(words)
