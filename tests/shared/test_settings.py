"""Settings: refused in one line, and secrets never shown."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from shared.errors import ConfigurationError
from shared.settings import BusClientSettings, BusServerSettings, Settings, load_settings, mask_url


class Example(Settings):
    quality: int = Field(80, ge=1, le=100, description="a whole number from 1 to 100")
    password: SecretStr | None = Field(None, min_length=4, description="text of 4 characters or more")


def refusal() -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(Example)
    return str(caught.value)


@pytest.mark.parametrize("given", ["0", "101", "ten", "1.5"])
def test_a_bad_value_is_refused_in_one_line_with_name_value_and_rule(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user gets what is needed to correct it, and no stack trace."""
    monkeypatch.setenv("QUALITY", given)
    assert refusal() == f"QUALITY is '{given}' but must be a whole number from 1 to 100."


def test_a_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even when the secret is the mistake."""
    monkeypatch.setenv("PASSWORD", "abc")
    assert "abc" not in refusal()
    assert "PASSWORD" in refusal()


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose passes unset variables on as empty ones."""
    monkeypatch.setenv("QUALITY", "")
    assert load_settings(Example).quality == 80


def test_a_secret_may_be_kept_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The line break that editors add is no part of it; everything else is."""
    (tmp_path / "password").write_text(" s3cret: ü#\n")
    monkeypatch.setenv("PASSWORD_FILE", str(tmp_path / "password"))
    password = load_settings(Example).password
    assert password is not None
    assert password.get_secret_value() == " s3cret: ü#"


def test_an_unreadable_secret_file_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A service that starts without its password would be worse."""
    monkeypatch.setenv("PASSWORD_FILE", str(tmp_path / "absent"))
    assert refusal() == (
        "PASSWORD_FILE is set to something else (not shown: it may be the secret) but must be a readable file: "
        "No such file or directory."
    )
    monkeypatch.setenv("PASSWORD_FILE", str(tmp_path))
    assert refusal() == f"PASSWORD_FILE is '{tmp_path}' but must be a readable file: Is a directory."


@pytest.mark.parametrize("secret", ["hunter2", "/hunter2", "hunter2" * 1000])
def test_a_secret_in_place_of_its_files_path_is_not_told(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ingest shows the line in pictures, also to the holder of a share link."""
    monkeypatch.setenv("PASSWORD_FILE", secret)
    assert "hunter2" not in refusal()


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://camera/path", "rtsp://camera/path"),
        ("rtsp://user:pass@camera:554/path", "rtsp://***@camera:554/path"),
        ("rtsp://user:p@ss/w:ord@camera/path", "rtsp://***@camera/path"),
        ("http://camera/mjpg?user=a&pwd=b", "http://camera/mjpg?***"),
        ("/videos/garden.mp4", "/videos/garden.mp4"),
        ("user:pass@camera/path", "***@camera/path"),
        ("rtsp:/user:pass@camera?key=1", "***@camera?***"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    """Whatever characters the password has, and wherever it is."""
    assert mask_url(url) == shown
