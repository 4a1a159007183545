"""A container's health check of ingest."""

from pathlib import Path

import pytest

from services.ingest import health
from services.ingest.settings import IngestSettings
from shared.bus.keys import make_keys, server_keys
from shared.bus.proxy import BusProxy
from shared.bus.status import CameraState
from shared.settings import load_settings
from tests.support.bus import fake_ingest, status_of
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.support.waiting import wait_until


@pytest.mark.parametrize("state", [CameraState.LIVE, CameraState.OFFLINE])
def test_ingest_is_healthy_while_it_publishes_statuses(state: CameraState, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever their state: a restart brings no camera back."""
    port = free_port()
    monkeypatch.setenv("BUS_BIND", f"tcp://0.0.0.0:{port}")
    monkeypatch.setenv("BUS_TRUSTED_NETWORK", "true")
    with fake_ingest(f"tcp://127.0.0.1:{port}", status_of("cam1", state)):
        assert health.main() == 0


def test_a_bus_with_keys_is_checked_with_ingests_own_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check needs no key of its own. A bus without a camera's status is not healthy."""
    make_keys(tmp_path, ("stream",))
    settings = {
        "BUS_BIND": f"tcp://127.0.0.1:{free_port()}",
        "BUS_SERVER_SECRET_FILE": str(tmp_path / "server/server.secret"),
        "BUS_AUTHORIZED_KEYS": str(tmp_path / "server/authorized"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    door = BusProxy(settings["BUS_BIND"], f"ipc://{tmp_path}/inner", server_keys(load_settings(IngestSettings)))
    try:
        with monkeypatch.context() as patch:
            patch.setattr(health, "WAIT_SECONDS", 0.5)
            assert health.main() == 1
            assert "no status came" in capsys.readouterr().err
    finally:
        door.close()
    ingest = ServiceProcess("services.ingest", settings, tmp_path / "ingest.log")
    try:
        wait_until(lambda: health.main() == 0, "a status arrives", 30)
    finally:
        ingest.stop()


def test_a_silent_bus_is_unhealthy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ingest may hang, or a worker may have died."""
    monkeypatch.setattr(health, "WAIT_SECONDS", 0.2)
    monkeypatch.setenv("BUS_BIND", f"tcp://127.0.0.1:{free_port()}")
    assert health.main() == 1
    assert "no status came" in capsys.readouterr().err
