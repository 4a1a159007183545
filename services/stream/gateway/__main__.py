"""`python -m services.stream.gateway`: the published address of all replicas, until SIGTERM."""

import asyncio
import os
import signal
import socket
from pathlib import Path

from services.stream.gateway.balancer import Balancer
from services.stream.settings import StreamSettings
from shared.errors import ConfigurationError
from shared.file_limit import raise_file_limit
from shared.lifecycle import run_service
from shared.logs import get_logger
from shared.settings import load_settings
from shared.web.refusal import serve_refusal
from shared.web.server import listen

log = get_logger("services.stream.gateway")


def main() -> int:
    settings = load_settings(StreamSettings)
    if settings.gateway_socket is None:
        raise ConfigurationError("GATEWAY_SOCKET is unset but must be the path of the socket that replicas connect to.")
    raise_file_limit()
    # A connection keeps the options of the socket that accepted it, in whichever process it is served.
    viewers = listen(
        settings.stream_host, settings.stream_port, setting="STREAM", stall_seconds=settings.viewer_stall_seconds
    )
    replicas = listen_for_replicas(settings.gateway_socket)
    log.info("gateway started", address=f"http://{settings.stream_host}:{settings.stream_port}")
    with viewers, replicas:
        asyncio.run(_run(Balancer(viewers, replicas)))
    log.info("gateway stopped")
    return 0


async def _run(balancer: Balancer) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await balancer.run(stop)


def listen_for_replicas(path: Path) -> socket.socket:
    """A Unix socket for this user alone, in place of one that an earlier gateway left.

    Raises:
        ConfigurationError: there can be no socket at `path`.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mask = os.umask(0o177)
    try:
        if path.is_socket():
            path.unlink()
        listener.bind(os.fspath(path))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"GATEWAY_SOCKET is '{path}' but must be a path at which a socket can be made: {error.strerror or error}."
        ) from None
    finally:
        os.umask(mask)
    listener.setblocking(False)
    return listener


def show_refusal(error: ConfigurationError) -> None:
    serve_refusal(error, "STREAM", StreamSettings)


if __name__ == "__main__":
    run_service(main, show_refusal=show_refusal)
