"""The files of keys: the command that makes them, and the refusal of bad ones."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from shared.bus.curve import public_key
from shared.bus.keys import client_keys, make_keys, server_keys
from shared.bus.settings import BusClientSettings, BusServerSettings
from shared.errors import ConfigurationError
from tests.support.services import ALONE

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.bus_keys", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_one_command_makes_the_keys_of_each_side(tmp_path: Path) -> None:
    """Only its owner may read a secret, and everybody a public key. No secret is in two places, and none is shown."""
    done = run(str(tmp_path / "keys"))
    assert done.returncode == 0, done.stderr
    files = content(tmp_path / "keys")
    secrets = {name for name in files if name.endswith(".secret")}
    assert secrets == {"server/server.secret", "stream/client.secret", "archiver/client.secret"}
    assert set(files) - secrets == {
        *("server/authorized/stream.key", "server/authorized/archiver.key"),
        *("server/control/stream.key", "server/control/archiver.key"),
        *("stream/server.key", "archiver/server.key"),
    }
    for name, key in files.items():
        assert mode(tmp_path / "keys" / name) == (0o600 if name in secrets else 0o644), name
        assert key.strip().decode() not in done.stdout
    assert files["server/authorized/stream.key"].strip() == public_key(files["stream/client.secret"].strip())
    assert files["stream/server.key"].strip() == public_key(files["server/server.secret"].strip())
    assert len({files[name] for name in secrets}) == 3


def test_a_named_client_sends_requests_only_where_it_is_named_for_that(tmp_path: Path) -> None:
    """A replica for looking must not become one that decides."""
    done = run(str(tmp_path), "stream", "attic", "--control", "stream", "--control", "tool")
    assert done.returncode == 0, done.stderr
    assert {path.stem for path in (tmp_path / "server/authorized").iterdir()} == {"stream", "attic"}
    assert {path.stem for path in (tmp_path / "server/control").iterdir()} == {"stream", "tool"}
    assert (tmp_path / "tool/client.secret").exists()


def test_run_again_it_adds_a_client_and_changes_nothing_else(tmp_path: Path) -> None:
    """The keys in use stay in use."""
    make_keys(tmp_path, ("stream",))
    before = content(tmp_path)
    make_keys(tmp_path, ("stream", "attic"))
    after = content(tmp_path)
    assert before.items() <= after.items()
    assert set(after) - set(before) == {"attic/client.secret", "attic/server.key", "server/authorized/attic.key"}


def test_the_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """A secret must not be readable by all, and a public key must be readable by a container's user."""
    for umask in (0o000, 0o077):
        before = os.umask(umask)
        try:
            make_keys(tmp_path / str(umask), ("stream",))
        finally:
            os.umask(before)
        assert mode(tmp_path / str(umask) / "server/server.secret") == 0o600
        assert mode(tmp_path / str(umask) / "stream/server.key") == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_the_files_can_be_given_to_the_containers_user(tmp_path: Path) -> None:
    """Otherwise that user could not read them."""
    assert run(str(tmp_path / "keys"), "attic", "--owner", "10001").returncode == 0
    assert {path.stat().st_uid for path in (tmp_path / "keys").rglob("*")} == {10001}


@pytest.mark.parametrize("name", ["server", "../up", "Attic", ""])
def test_a_client_that_can_not_be_a_directory_is_refused(name: str, tmp_path: Path) -> None:
    """The name becomes a path."""
    refused = run(str(tmp_path), name)
    assert refused.returncode == 2
    assert "must be 1 to 63 of the characters" in refused.stderr
    assert not content(tmp_path)


def test_a_directory_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    """It exits with code 2, as for every bad setting."""
    (tmp_path / "file").touch()
    refused = run(str(tmp_path / "file"))
    assert refused.returncode == 2
    assert refused.stderr.startswith("No keys could be made: ")
    assert refused.stderr.count("\n") == 1


def server_settings(directory: Path) -> BusServerSettings:
    return BusServerSettings(
        bus_server_secret_file=directory / "server/server.secret", bus_authorized_keys=directory / "server/authorized"
    )


@pytest.mark.parametrize("damaged", ["server/server.secret", "server/authorized/stream.key"])
@pytest.mark.parametrize("text", ["", "too short", "~" * 40, "ü" * 40])
def test_a_damaged_key_is_refused_by_its_path_and_is_not_shown(tmp_path: Path, damaged: str, text: str) -> None:
    """The service prints the line and exits with code 2."""
    make_keys(tmp_path, ("stream",))
    (tmp_path / damaged).write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        server_keys(server_settings(tmp_path))
    line = str(caught.value)
    assert f"is '{tmp_path / damaged}' but must be a file with the 40 characters of a key" in line
    assert "\n" not in line
    assert not text or text not in line


@pytest.mark.parametrize("missing", ["server/server.secret", "server/authorized"])
def test_a_missing_file_of_the_server_is_refused(tmp_path: Path, missing: str) -> None:
    """Without its keys the bus must not start, least of all without protection."""
    make_keys(tmp_path, ("stream",))
    (tmp_path / missing).rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match=r"is .* but must be a .*read.*: No such file or directory\."):
        server_keys(server_settings(tmp_path))


@pytest.mark.parametrize(
    ("setting", "file"), [("BUS_SERVER_KEY_FILE", "server.key"), ("BUS_CLIENT_SECRET_FILE", "client.secret")]
)
def test_a_clients_missing_or_damaged_file_is_refused_by_its_setting(tmp_path: Path, setting: str, file: str) -> None:
    """Otherwise it would wait for ever for a bus that refuses it without an answer."""
    make_keys(tmp_path, ("stream",))
    settings = BusClientSettings(
        bus_server_key_file=tmp_path / "stream/server.key", bus_client_secret_file=tmp_path / "stream/client.secret"
    )
    keys = client_keys(settings)
    assert keys is not None
    assert str(keys.secret_key) not in repr(keys)
    for damage in ("shorter", None):
        path = tmp_path / "stream" / file
        path.unlink() if damage is None else path.write_text(damage)
        given = "set to something else .*" if damage is None else f"'{path}'"
        with pytest.raises(ConfigurationError, match=f"^{setting} is {given} but must be a "):
            client_keys(settings)


@pytest.mark.parametrize(
    ("service", "environment", "line"),
    [
        ("ingest", {"BUS_BIND": "tcp://0.0.0.0:5555"}, "BUS_BIND is 'tcp://0.0.0.0:5555', which other hosts can reach"),
        (
            "ingest",
            {"BUS_SERVER_SECRET_FILE": "/no/such.secret", "BUS_AUTHORIZED_KEYS": "/no"},
            "BUS_SERVER_SECRET_FILE is set to something else (not shown: it may be the secret) but must be a readable",
        ),
        (
            "stream",
            {"BUS_SERVER_KEY_FILE": "/no/server.key", "BUS_CLIENT_SECRET_FILE": "/no/client.secret"},
            "BUS_SERVER_KEY_FILE is set to something else (not shown: it may be the secret) but must be a readable",
        ),
    ],
)
def test_a_service_that_can_not_use_its_bus_settings_ends_with_one_line(
    service: str, environment: dict[str, str], line: str
) -> None:
    """It exits with code 2, because a restart would fail again."""
    refused = subprocess.run(
        [sys.executable, "-m", f"services.{service}"],
        cwd=ROOT,
        env={**ALONE, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith(line)
    assert refused.stderr.count("\n") == 1
