"""A client of the bus that speaks ZMTP as badly as it likes."""

import socket
import struct
from contextlib import suppress

from shared.bus import zmtp, zmtp_peer


class RawPeer:
    """A connection to `address`, after the handshake unless told otherwise."""

    def __init__(self, address: str, *, shakes_hands: bool = True) -> None:
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        if shakes_hands:
            self.socket.sendall(zmtp.GREETING)
            received = b""
            while len(received) < len(zmtp.GREETING):
                received += self.socket.recv(64)
            self.socket.sendall(zmtp.READY)
            while not received.endswith(zmtp_peer.READY):
                received += self.socket.recv(64)

    def send(self, *frames: bytes) -> None:
        """Send `frames` at once. An end of the connection shows in `is_ended`."""
        with suppress(OSError):
            self.socket.sendall(b"".join(frames))

    def is_ended(self) -> bool:
        """Whether the other end closed the connection; what it sent before is read."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(65536):
                pass
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.socket.settimeout(20)
        return True

    def send_until_ended(self, data: bytes, times: int) -> bool:
        """Send `data` again and again, `times` at most; whether the connection ended meanwhile."""
        try:
            for _ in range(times):
                self.socket.sendall(data)
        except OSError:
            return True
        return False

    def reset(self) -> None:
        """Close the connection so that the other end gets an error."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()
