"""Somebody hostile in ingest's place: a subscriber with little memory connects to it again and again."""

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_bytes

import pytest

from shared.bus import zmtp
from shared.bus.keys import make_keys
from shared.bus.zmtp_subscriber import MAX_COMMAND_BYTES, MAX_MESSAGE_BYTES
from tests.shared.bus.raw_peer import XPUB_READY

TOPIC = b"frame/one/main/"
MESSAGE = zmtp.frame(zmtp.MORE, TOPIC) + zmtp.frame(0, b"forged")
CURVE = zmtp.greeting(b"CURVE", as_server=True)
READY = zmtp.GREETING + XPUB_READY


def long_head(flags: int, size: int) -> bytes:
    return struct.pack("!BQ", flags | zmtp.LONG, size)


WITH_KEYS = {
    "without keys": READY + MESSAGE,
    "READY without keys": CURVE + XPUB_READY + MESSAGE,
    "a message first": CURVE + MESSAGE,
    "garbage as WELCOME": CURVE + zmtp.command(b"WELCOME", token_bytes(160)) + MESSAGE,
    "a refusal": CURVE + zmtp.command(b"ERROR", b"\x03400"),
    "endless pings": CURVE + 1000 * zmtp.command(b"PING", bytes(18)),
    "a box first": CURVE + zmtp.frame(0, b"\x07MESSAGE" + token_bytes(60)),
    "a large frame": CURVE + long_head(0, MAX_MESSAGE_BYTES) + bytes(MAX_MESSAGE_BYTES),
    "a large command": CURVE + long_head(zmtp.COMMAND, MAX_COMMAND_BYTES + 1) + bytes(MAX_COMMAND_BYTES + 1),
    "an endless frame": CURVE + long_head(0, 2**63 - 1) + bytes(1 << 20),
}
"""What it says to a subscriber with keys; it has none."""
WITHOUT_KEYS = {
    "messages that never end": READY + 100 * zmtp.frame(zmtp.MORE, bytes(60_000)),
    "parts of the largest size": READY + 8 * (long_head(zmtp.MORE, MAX_MESSAGE_BYTES // 8) + bytes(MAX_MESSAGE_BYTES)),
    "an endless frame": READY + long_head(0, 2**63 - 1) + bytes(1 << 20),
    "most of a large frame": READY + MESSAGE + long_head(0, MAX_MESSAGE_BYTES - 64) + bytes(MAX_MESSAGE_BYTES - 4096),
    "pings behind messages": READY + 3000 * MESSAGE + 3000 * zmtp.command(b"PING", bytes(18)),
}


@contextmanager
def limited_subscriber(port: int, keys: Path | None) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.shared.bus.limited_subscriber", f"tcp://127.0.0.1:{port}"]
    if keys is not None:
        make_keys(keys, ("stream",))
        command.append(str(keys))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield process


def messages_taken(process: "subprocess.Popen[str]") -> int:
    assert process.poll() is None, "it ended"
    printed, _ = process.communicate("", timeout=40)
    assert process.returncode == 0
    return int(printed.splitlines()[-1])


def say_and_reset(listener: socket.socket, said: bytes) -> None:
    """Take the next connection of the subscriber, say it all, and end with a reset."""
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        connection.settimeout(20)
        connection.sendall(said)
        connection.recv(64)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(40)
        yield made


def test_nothing_of_a_peer_without_ingests_key_is_taken(listener: socket.socket, tmp_path: Path) -> None:
    """Nor does it cost memory, or end the subscriber."""
    with limited_subscriber(listener.getsockname()[1], tmp_path) as process:
        for said in WITH_KEYS.values():
            say_and_reset(listener, said)
        listener.accept()[0].close()  # it still comes back
        assert messages_taken(process) == 0


def test_a_hostile_peer_without_keys_ends_nothing_and_costs_no_memory(listener: socket.socket) -> None:
    """libzmq's SUB aborts the process at a PING behind messages and a reset. The archiver had it once."""
    with limited_subscriber(listener.getsockname()[1], None) as process:
        often = 5 * [WITHOUT_KEYS["pings behind messages"]] + 12 * [WITHOUT_KEYS["most of a large frame"]]
        for said in (*WITHOUT_KEYS.values(), *often):
            say_and_reset(listener, said)
        listener.accept()[0].close()
        messages_taken(process)
