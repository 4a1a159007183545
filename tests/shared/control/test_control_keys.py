"""Control with keys: who may ask, at the handshake and at each request. The client is libzmq's, or ours."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import zmq
from structlog.testing import capture_logs

from shared.bus import authorizer
from shared.bus.curve import AuthorizedKeys, ServerKeys
from shared.bus.keys import control_keys, make_keys
from shared.bus.settings import BusServerSettings
from shared.control.client import ControlClient
from shared.control.messages import ControlRefusedError
from shared.errors import ConfigurationError
from tests.shared.bus.key_files import keys_of, keys_of_server
from tests.shared.control.answering import Answering, ZeroMqClient, answering, request, request_id, why
from tests.support.waiting import wait_until


def keys_of_control(directory: Path) -> ServerKeys:
    keys = control_keys(
        BusServerSettings(
            bus_server_secret_file=directory / "server/server.secret",
            bus_authorized_keys=directory / "server/authorized",
            bus_control="tcp://127.0.0.1:5556",
            bus_control_keys=directory / "server/control",
        )
    )
    assert keys is not None
    return keys


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Answering]:
    """`stream` may look and ask, `attic` only look, `tool` only ask."""
    make_keys(tmp_path, ("stream", "attic"), ("stream", "tool"))
    with answering(keys=keys_of_control(tmp_path)) as running:
        yield running


@pytest.mark.parametrize("name", ["stream", "tool"])
def test_a_key_that_opens_control_asks(locked: Answering, tmp_path: Path, name: str) -> None:
    """Everything is encrypted then. The log tells the name."""
    with capture_logs() as lines, closing(ZeroMqClient(locked.address, zmq.REQ, keys_of(name, tmp_path))) as client:
        client.send(request())
        assert json.loads(client.receive())["id"] == request_id(1)
    assert [(line["event"], line["client"]) for line in lines if "client" in line] == [("control client let in", name)]


async def test_a_key_that_may_look_opens_no_control(locked: Answering, tmp_path: Path) -> None:
    """A replica in the attic shows cameras, and decides nothing."""
    client = ControlClient(locked.address, keys_of("attic", tmp_path))
    with capture_logs() as lines, pytest.raises(ControlRefusedError) as refused:
        await client.ask("state")
    assert refused.value.why == "not_allowed"
    wait_until(lambda: any("is not authorized" in str(line.get("last_reason")) for line in lines))
    assert not locked.handler.done
    await client.close()


async def test_the_servers_own_key_may_ask(locked: Answering, tmp_path: Path) -> None:
    """For a check beside ingest."""
    client = ControlClient(locked.address, keys_of_server(tmp_path).as_client())
    assert (await client.ask("state"))["did"] == "state"
    await client.close()


async def test_without_keys_nobody_asks(locked: Answering) -> None:
    """Both ends say what is wrong."""
    client = ControlClient(locked.address)
    with pytest.raises(ControlRefusedError, match="has keys"):
        await client.ask("state")
    await client.close()


def test_a_withdrawn_key_is_refused_at_its_next_request(
    locked: Answering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the connection that it has: nothing has to be restarted. What it asked before is not told again."""
    monkeypatch.setattr(authorizer, "READ_SECONDS", 0.0)
    with closing(ZeroMqClient(locked.address, zmq.DEALER, keys_of("tool", tmp_path))) as client:
        client.send(request())
        assert why(json.loads(client.receive())) is None
        (tmp_path / "server/control/tool.key").unlink()
        client.send(request())
        assert why(json.loads(client.receive())) == "not_allowed"
    assert len(locked.handler.done) == 1


def test_the_directory_is_read_at_most_once_a_second(tmp_path: Path) -> None:
    """A client may ask at any rate."""
    make_keys(tmp_path, ("stream",), ("tool",))
    keys, reads = keys_of_control(tmp_path), 0

    def read() -> AuthorizedKeys:
        nonlocal reads
        reads += 1
        return keys.read_authorized()

    now = 100.0
    doorkeeper = authorizer.Authorizer(ServerKeys(keys.secret_key, read), lambda: now)
    for _ in range(50):
        doorkeeper.is_authorized(bytes(32))
    assert reads == 1
    now += 1
    doorkeeper.is_authorized(bytes(32))
    assert reads == 2


def test_a_directory_of_keys_that_cannot_be_read_is_refused_at_the_start(tmp_path: Path) -> None:
    """The line names the setting, and how to make it."""
    make_keys(tmp_path, ("stream",))
    with pytest.raises(
        ConfigurationError, match=r"BUS_CONTROL_KEYS is '.*/control' but must be a dir.* --control NAME"
    ):
        keys_of_control(tmp_path)
