"""The bus's settings: what others could reach has keys, and a client knows whom to ask."""

from pathlib import Path

import pytest

from shared.bus.settings import BusClientSettings, BusServerSettings
from shared.errors import ConfigurationError
from shared.settings import Settings, load_settings


@pytest.mark.parametrize("address", ["127.0.0.1:5555", "tcp://:5555", "tcp://host", "tcp://host:0", "udp://h:1", ","])
def test_an_invalid_bus_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """libzmq would report it only later, or never."""
    monkeypatch.setenv("BUS_CONNECT", address)
    with pytest.raises(ConfigurationError, match="BUS_CONNECT is"):
        load_settings(BusClientSettings)


OPEN_BUS = ["tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://192.168.1.5:5555", "tcp://eth0:5555", "tcp://[::]:5555"]


@pytest.mark.parametrize("address", OPEN_BUS)
def test_a_bus_that_others_can_reach_needs_keys_or_a_trusted_network(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Otherwise everybody on the same network could watch, and make ingest encode."""
    monkeypatch.setenv("BUS_BIND", address)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(BusServerSettings)
    line = str(caught.value)
    assert line.startswith(f"BUS_BIND is '{address}', which other hosts can reach, but the bus has no keys: ")
    assert "python -m shared.bus_keys" in line
    assert "\n" not in line
    monkeypatch.setenv("BUS_TRUSTED_NETWORK", "true")
    assert load_settings(BusServerSettings).bus_bind == address
    monkeypatch.delenv("BUS_TRUSTED_NETWORK")
    monkeypatch.setenv("BUS_SERVER_SECRET_FILE", str(tmp_path / "server.secret"))
    monkeypatch.setenv("BUS_AUTHORIZED_KEYS", str(tmp_path))
    assert load_settings(BusServerSettings).bus_bind == address


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:5555", "tcp://localhost:1", "tcp://lo:1", "ipc:///tmp/bus"])
def test_a_bus_of_this_host_alone_needs_neither(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual laptop."""
    monkeypatch.setenv("BUS_BIND", address)
    assert load_settings(BusServerSettings).bus_bind == address


def test_requests_from_elsewhere_need_keys_or_a_network_that_is_trusted_with_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A network where everybody may look is not one where everybody may ask."""
    monkeypatch.setenv("BUS_CONTROL", "tcp://0.0.0.0:5556")
    monkeypatch.setenv("BUS_TRUSTED_NETWORK", "true")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(BusServerSettings)
    line = str(caught.value)
    assert line.startswith("BUS_CONTROL is 'tcp://0.0.0.0:5556', which other hosts can reach, but has no keys: ")
    assert "python -m shared.bus_keys DIRECTORY --control NAME" in line
    assert "\n" not in line
    monkeypatch.setenv("BUS_CONTROL_TRUSTED_NETWORK", "true")
    assert load_settings(BusServerSettings).bus_control == "tcp://0.0.0.0:5556"
    monkeypatch.delenv("BUS_CONTROL_TRUSTED_NETWORK")
    monkeypatch.setenv("BUS_SERVER_SECRET_FILE", str(tmp_path / "server.secret"))
    monkeypatch.setenv("BUS_AUTHORIZED_KEYS", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"^BUS_CONTROL needs BUS_SERVER_SECRET_FILE and BUS_CONTROL_KEYS"):
        load_settings(BusServerSettings)
    monkeypatch.setenv("BUS_CONTROL_KEYS", str(tmp_path))
    assert load_settings(BusServerSettings).bus_control_keys == tmp_path


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:5556", "ipc:///tmp/control"])
def test_requests_from_this_host_alone_need_neither(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual laptop. But keys that would be used for nothing are refused."""
    monkeypatch.setenv("BUS_CONTROL", address)
    assert load_settings(BusServerSettings).bus_control == address
    monkeypatch.setenv("BUS_CONTROL_KEYS", "/keys/control")
    with pytest.raises(ConfigurationError, match=r"^BUS_CONTROL needs BUS_SERVER_SECRET_FILE and BUS_CONTROL_KEYS"):
        load_settings(BusServerSettings)


def test_a_client_asks_the_ingest_that_keeps_what_the_owner_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of several, unless BUS_OWNER names another one."""
    monkeypatch.setenv("BUS_CONNECT", "tcp://one:5555, tcp://two:5555")
    settings = load_settings(BusClientSettings)
    assert (settings.owner_address, settings.owner_control) == ("tcp://one:5555", None)
    monkeypatch.setenv("BUS_CONTROL", "tcp://one:5556,tcp://two:5556")
    settings = load_settings(BusClientSettings)
    assert (settings.owner_address, settings.owner_control) == ("tcp://one:5555", "tcp://one:5556")
    monkeypatch.setenv("BUS_OWNER", "tcp://two:5555")
    settings = load_settings(BusClientSettings)
    assert (settings.owner_address, settings.owner_control) == ("tcp://two:5555", "tcp://two:5556")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BUS_CONTROL", "tcp://one:5556", "BUS_CONTROL is .* but must have an address for each one of BUS_CONNECT"),
        ("BUS_OWNER", "tcp://three:5555", "BUS_OWNER is .* but must be one of the addresses of BUS_CONNECT"),
    ],
)
def test_an_owner_that_cannot_be_asked_is_refused(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica would ask the wrong ingest, or none."""
    monkeypatch.setenv("BUS_CONNECT", "tcp://one:5555,tcp://two:5555")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=words):
        load_settings(BusClientSettings)


@pytest.mark.parametrize(
    ("settings", "both"),
    [
        (BusServerSettings, ("BUS_SERVER_SECRET_FILE", "BUS_AUTHORIZED_KEYS")),
        (BusClientSettings, ("BUS_SERVER_KEY_FILE", "BUS_CLIENT_SECRET_FILE")),
    ],
)
@pytest.mark.parametrize("given", [0, 1])
def test_half_of_the_keys_is_refused(
    settings: type[Settings], both: tuple[str, str], given: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user who sets one wants a bus with keys, and must not get one without."""
    monkeypatch.setenv(both[given], "/keys/some")
    with pytest.raises(ConfigurationError, match=f"^{both[0]} and {both[1]} must be set both, or neither\\.$"):
        load_settings(settings)
