"""CURVE byte by byte, both ends against each other and against what a hostile peer may send: without a socket."""

from collections.abc import Callable

import pytest
import zmq
from hypothesis import given, settings
from hypothesis import strategies as st
from zmq.utils import z85

from shared.bus.curve import ClientKeys, key_bytes, key_text, new_secret_key, public_key
from shared.bus.curve_client import CurveClient
from shared.bus.curve_server import WRONG_SERVER, CurveServer
from shared.bus.mechanism import PUBLISHER, SUBSCRIBER
from shared.bus.zmtp import COMMAND, GREETING_BYTES, MORE, RefusedPeerError, ZmtpError, command, split_command
from shared.bus.zmtp_peer import ZmtpPeer
from shared.bus.zmtp_subscriber import MAX_COMMAND_BYTES, ZmtpSubscriber
from tests.shared.bus.raw_peer import split

SECRET, CLIENT_SECRET = new_secret_key(), new_secret_key()
SERVER_KEY = public_key(SECRET)
WEAK_KEY = bytes(32)
"""With it, every secret key makes the same box key."""
Damage = Callable[[bytes], bytes]


def body_of(data: bytes) -> tuple[bytes, bytes]:
    """The name and the data of the one command in `data`."""
    ((flags, body),) = split(data)
    assert flags == COMMAND
    return split_command(body)


class Pair:
    """Both ends of a handshake. `admitted` has the keys that were let in."""

    def __init__(self, server_key: bytes = SERVER_KEY) -> None:
        self.admitted: list[bytes] = []
        self.client = CurveClient(ClientKeys(server_key, CLIENT_SECRET))
        self.server = CurveServer(key_bytes(SERVER_KEY), key_bytes(SECRET), self.admitted.append)

    def hello(self) -> bytes:
        return body_of(self.client.greeted())[1]

    def initiate(self) -> bytes:
        return body_of(self.client.shake(*body_of(self.server.shake(b"HELLO", self.hello()))))[1]

    def shake_hands(self) -> "Pair":
        assert self.client.shake(*body_of(self.server.shake(b"INITIATE", self.initiate()))) == b""
        assert self.client.is_ready
        assert self.server.is_ready
        return self


def sealed(end: CurveClient | CurveServer, flags: int, body: bytes) -> bytes:
    """The frame's body that `end` sends."""
    ((outer, box),) = split(b"".join(end.seal(flags, body)))
    assert outer == 0
    return box


def test_keys_are_written_as_libzmq_writes_them() -> None:
    public, secret = zmq.curve_keypair()
    assert (public_key(secret), key_text(z85.decode(public)), key_bytes(secret)) == (public, public, z85.decode(secret))


@pytest.mark.parametrize("text", [b"", b"a" * 39, b"a" * 41, b"_" * 40, b"#" * 40, b"a" * 39 + b"\n", b"\xff" * 40])
def test_what_is_no_key_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 Python's own words vary
        key_bytes(text)


def test_commands_have_the_sizes_of_the_specification() -> None:
    """RFC 26: with the command's name, 200, 168, and 257 bytes and metadata."""
    pair = Pair()
    hello = pair.client.greeted()
    assert hello[:7] == b"\x04\xc8\x05HELLO"[:7]
    assert hello[8:10] == b"\x01\x00"
    assert len(hello) == 2 + 200
    welcome = pair.server.shake(*body_of(hello))
    assert len(welcome) == 2 + 168
    initiate = pair.client.shake(*body_of(welcome))
    assert len(initiate) == 9 + 257 + len(SUBSCRIBER.metadata)
    ready = pair.server.shake(*body_of(initiate))
    assert len(ready) == 2 + 30 + len(PUBLISHER.metadata)
    assert pair.client.greeting[:12] + pair.client.greeting[32:] == b"\xff" + bytes(8) + b"\x7f\x03\x01" + bytes(32)
    assert (pair.client.greeting[12:32], pair.server.greeting[32]) == (b"CURVE".ljust(20, b"\0"), 1)


def test_after_the_handshake_both_ends_understand_each_other_and_nobody_else() -> None:
    pair, other = Pair().shake_hands(), Pair().shake_hands()
    assert pair.admitted == [key_bytes(public_key(CLIENT_SECRET))]
    for one, two in ((pair.client, pair.server), (pair.server, pair.client)):
        for flags in (0, MORE, COMMAND):
            assert two.open(0, sealed(one, flags, b"body")) == (flags, b"body")
    with pytest.raises(ZmtpError):
        other.server.open(0, sealed(pair.client, 0, b"body"))
    with pytest.raises(ZmtpError):
        pair.client.open(0, sealed(pair.client, 0, b"its own"))


def test_no_box_is_taken_twice_or_out_of_order() -> None:
    pair = Pair().shake_hands()
    first, second, third = (sealed(pair.client, 0, b"%d" % number) for number in range(3))
    assert pair.server.open(0, first) == (0, b"0")
    assert pair.server.open(0, third) == (0, b"2")
    for old in (first, second, third):
        with pytest.raises(ZmtpError, match="again"):
            pair.server.open(0, old)


@pytest.mark.parametrize(
    "damage",
    [
        lambda box: box[:-1],
        lambda box: box + b"\0",
        lambda box: box[:20] + bytes((box[20] ^ 1,)) + box[21:],
        lambda box: box[:8] + b"\xff" * 8 + box[16:],
        lambda box: b"\x07message" + box[8:],
        lambda box: box[:16],
        lambda box: box[:32],
        lambda _box: b"",
        lambda _box: b"\x04PING\0\0",
    ],
)
def test_a_changed_box_is_refused(damage: Damage) -> None:
    pair = Pair().shake_hands()
    with pytest.raises(ZmtpError):
        pair.server.open(0, damage(sealed(pair.client, 0, b"body")))


def test_a_client_of_another_server_is_refused_at_hello() -> None:
    with pytest.raises(RefusedPeerError, match=WRONG_SERVER):
        Pair(public_key(new_secret_key())).initiate()


@pytest.mark.parametrize(
    "damage",
    [
        lambda hello: hello[:-1],
        lambda hello: hello + b"\0",
        lambda hello: b"\x02" + hello[1:],
        lambda hello: hello[:74] + WEAK_KEY + hello[106:],
        lambda hello: hello[:106] + bytes(8) + hello[114:],
        lambda hello: hello[:-1] + bytes((hello[-1] ^ 1,)),
        lambda _hello: b"",
    ],
)
def test_a_wrong_hello_is_refused(damage: Damage) -> None:
    pair = Pair()
    with pytest.raises(ZmtpError):
        pair.server.shake(b"HELLO", damage(pair.hello()))


@pytest.mark.parametrize(
    "damage",
    [
        lambda initiate: initiate[:-1],
        lambda initiate: initiate[:100],
        lambda initiate: bytes((initiate[0] ^ 1,)) + initiate[1:],
        lambda initiate: initiate[:50] + bytes((initiate[50] ^ 1,)) + initiate[51:],
        lambda initiate: initiate[:96] + bytes(8) + initiate[104:],
        lambda initiate: initiate[:-1] + bytes((initiate[-1] ^ 1,)),
        lambda _initiate: b"",
    ],
)
def test_a_wrong_initiate_lets_nobody_in(damage: Damage) -> None:
    pair = Pair()
    with pytest.raises(ZmtpError):
        pair.server.shake(b"INITIATE", damage(pair.initiate()))
    assert not pair.admitted
    assert not pair.server.is_ready


def test_a_recorded_initiate_lets_nobody_into_another_connection() -> None:
    """Its cookie belongs to the connection for which it was made."""
    recorded, other = Pair().initiate(), Pair()
    other.initiate()
    with pytest.raises(ZmtpError):
        other.server.shake(b"INITIATE", recorded)
    assert not other.admitted


def test_a_key_that_vouches_for_nothing_is_not_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody can name an authorized client's public key; only its owner can make the vouch."""
    pair = Pair()
    pair.client._secret_key = key_bytes(new_secret_key())
    with pytest.raises(ZmtpError):
        pair.server.shake(b"INITIATE", pair.initiate())
    assert not pair.admitted
    weak = Pair()
    monkeypatch.setattr(weak.client, "_public_key", WEAK_KEY)
    with pytest.raises(ZmtpError, match="none"):
        weak.server.shake(b"INITIATE", weak.initiate())


def test_a_vouch_made_for_another_server_is_not_taken() -> None:
    """A server that its client trusts must not be able to log in elsewhere as that client."""
    pair = Pair()
    pair.server._public_key = key_bytes(public_key(new_secret_key()))
    with pytest.raises(ZmtpError, match="vouches"):
        pair.server.shake(b"INITIATE", pair.initiate())


@pytest.mark.parametrize("name", [b"READY", b"INITIATE", b"MESSAGE", b"WELCOME", b"PING", b""])
def test_the_server_takes_only_the_command_whose_turn_it_is(name: bytes) -> None:
    pair = Pair()
    with pytest.raises(ZmtpError, match="middle of the handshake"):
        pair.server.shake(name, pair.hello())


def test_a_second_hello_is_refused() -> None:
    """Each costs two multiplications on the curve."""
    pair = Pair()
    hello = pair.hello()
    pair.server.shake(b"HELLO", hello)
    with pytest.raises(ZmtpError):
        pair.server.shake(b"HELLO", hello)


@pytest.mark.parametrize("name", [b"READY", b"HELLO", b"MESSAGE", b""])
def test_the_client_takes_only_the_command_whose_turn_it_is(name: bytes) -> None:
    pair = Pair()
    welcome = body_of(pair.server.shake(b"HELLO", pair.hello()))[1]
    with pytest.raises(ZmtpError, match="middle of the handshake"):
        pair.client.shake(name, welcome)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:-1] + bytes((data[-1] ^ 1,)),
        lambda data: bytes(len(data)),
        lambda _data: b"",
    ],
)
@pytest.mark.parametrize("command_name", [b"WELCOME", b"READY"])
def test_the_client_takes_no_changed_answer(command_name: bytes, damage: Damage) -> None:
    """Nobody in the bus's place can make one without its secret key."""
    pair = Pair()
    answer = body_of(pair.server.shake(b"HELLO", pair.hello()))
    if command_name == b"READY":
        initiate = body_of(pair.client.shake(*answer))
        answer = body_of(pair.server.shake(*initiate))
    with pytest.raises(ZmtpError):
        pair.client.shake(command_name, damage(answer[1]))
    assert not pair.client.is_ready


def subscriber_with(client: CurveClient) -> tuple[ZmtpSubscriber, list[list[bytes]], list[bytes]]:
    messages: list[list[bytes]] = []
    replies: list[bytes] = []
    return ZmtpSubscriber(client, (), messages.append, replies.append), messages, replies


def feed(subscriber: ZmtpSubscriber, data: bytes) -> None:
    space = subscriber.free_space()
    space[: len(data)] = data
    subscriber.received(len(data))


@pytest.mark.parametrize(
    "said",
    [
        command(b"READY", PUBLISHER.metadata),
        command(b"ERROR", b"\x03400"),
        b"\x00\x05hello",
        b"\x02" + (MAX_COMMAND_BYTES + 1).to_bytes(8, "big"),
        b"\x06" + (MAX_COMMAND_BYTES + 1).to_bytes(8, "big"),
        command(b"MESSAGE", bytes(100)),
    ],
)
def test_nothing_of_a_peer_without_the_servers_key_is_taken_or_waited_for(said: bytes) -> None:
    """It may send what it likes: no message, no large frame."""
    pair = Pair()
    subscriber, messages, _ = subscriber_with(pair.client)
    feed(subscriber, pair.server.greeting)
    with pytest.raises(ZmtpError):
        feed(subscriber, said)
    assert not messages
    assert not subscriber.is_ready


@given(st.lists(st.binary(max_size=300)), st.integers(0, 3))
@settings(deadline=None)
def test_whatever_arrives_ingest_refuses_it_or_keeps_it_small(pieces: list[bytes], steps: int) -> None:
    """The bus's thread serves everybody: nothing that one peer sends may raise anything but a refusal."""
    pair = Pair()
    replies: list[bytes] = []
    peer = ZmtpPeer(pair.server, replies.append)
    peer.received(pair.client.greeting)
    if steps > 0:
        peer.received(pair.client.greeted())
    if steps > 1:
        peer.received(pair.client.shake(*body_of(replies.pop())))
    if steps > 2:
        pair.client.shake(*body_of(replies.pop()))
        pieces = [b"".join(pair.client.seal(COMMAND, piece)) for piece in pieces]
    try:
        for piece in pieces:
            for change in peer.received(piece):
                assert len(change.topic) <= 256
    except ZmtpError:
        pass
    assert len(peer._rest) <= GREETING_BYTES + 512 + 9
