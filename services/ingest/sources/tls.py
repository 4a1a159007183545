"""How a camera's certificate is verified, whatever is spoken over TLS."""

import ssl

from services.ingest.sources import SourceRefusedError, failure_reasons
from services.ingest.sources.connection_options import ConnectionOptions


def tls_context(options: ConnectionOptions) -> ssl.SSLContext:
    """What a connection to the camera is encrypted with.

    Raises:
        SourceRefusedError: when the file of the certificate authority can't be read.
    """
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SourceRefusedError(failure_reasons.NO_CA_FILE) from error
    if not options.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
