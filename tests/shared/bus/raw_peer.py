"""A client of the bus that speaks ZMTP as badly as it likes, with keys or without."""

import socket
import struct
from contextlib import suppress

from shared.bus import zmtp
from shared.bus.curve import ClientKeys
from shared.bus.curve_client import CurveClient
from shared.bus.mechanism import PUBLISHER, SUBSCRIBER, Mechanism, NullMechanism, Role

SUB_READY = zmtp.command(b"READY", SUBSCRIBER.metadata)
XPUB_READY = zmtp.command(b"READY", PUBLISHER.metadata)


def new_mechanism(keys: ClientKeys | None, role: Role = SUBSCRIBER) -> Mechanism:
    return NullMechanism(role) if keys is None else CurveClient(keys, role)


def _connected(address: str) -> socket.socket:
    if address.startswith("ipc://"):
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(20)
        made.connect(address.removeprefix("ipc://"))
        return made
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


class RawPeer:
    """A connection to `address`, after the handshake unless told otherwise."""

    def __init__(
        self, address: str, keys: ClientKeys | None = None, *, role: Role = SUBSCRIBER, shakes_hands: bool = True
    ) -> None:
        self.socket = _connected(address)
        self.mechanism = new_mechanism(keys, role)
        self._received = b""
        if shakes_hands:
            try:
                self._shake_hands()
            except Exception:
                self.socket.close()
                raise

    def _shake_hands(self) -> None:
        self.socket.sendall(self.mechanism.greeting)
        self._take(zmtp.GREETING_BYTES)
        self.socket.sendall(self.mechanism.greeted())
        while not self.mechanism.is_ready:
            _, body = self._read_frame()
            self.socket.sendall(self.mechanism.shake(*zmtp.split_command(body)))

    def sealed(self, *frames: bytes) -> bytes:
        """What to send for these frames, as the mechanism wants it."""
        if self.mechanism.is_plain:
            return b"".join(frames)
        return b"".join(
            buffer for data in frames for flags, body in split(data) for buffer in self.mechanism.seal(flags, body)
        )

    def send(self, *frames: bytes) -> None:
        """Send `frames` at once. An end of the connection shows in `is_ended`."""
        self.send_raw(self.sealed(*frames))

    def send_raw(self, data: bytes) -> None:
        """The same with bytes that are sent as they are."""
        with suppress(OSError):
            self.socket.sendall(data)

    def read_frame(self) -> bytes:
        """The next frame that the other end sends, as without keys."""
        flags, body = self.mechanism.open(*self._read_frame())
        return zmtp.frame(flags, body)

    def read_welcome(self) -> bytes:
        """The data of the other end's answer to HELLO."""
        self._take(zmtp.GREETING_BYTES)
        return zmtp.split_command(self._read_frame()[1])[1]

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
                self.socket.sendall(self.sealed(data))
        except OSError:
            return True
        return False

    def reset(self) -> None:
        """Close the connection so that the other end gets an error."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()

    def _read_frame(self) -> tuple[int, bytes]:
        flags = self._take(1)[0]
        size = struct.unpack("!Q", self._take(8))[0] if flags & zmtp.LONG else self._take(1)[0]
        return flags & ~zmtp.LONG, self._take(size)

    def _take(self, count: int) -> bytes:
        while len(self._received) < count:
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionResetError
            self._received += data
        taken, self._received = self._received[:count], self._received[count:]
        return taken


def split(data: bytes) -> list[tuple[int, bytes]]:
    """The flags and bodies of several frames."""
    frames, start = [], 0
    while start < len(data):
        flags = data[start]
        is_long = flags & zmtp.LONG
        size = struct.unpack_from("!Q", data, start + 1)[0] if is_long else data[start + 1]
        begin = start + (zmtp.LONG_HEAD_BYTES if is_long else zmtp.SHORT_HEAD_BYTES)
        start = begin + size
        frames.append((flags & ~zmtp.LONG, data[begin:start]))
    return frames
