"""Whether ingest speaks, as a container's health check asks it."""

import pytest

from services.ingest import health
from shared.status import CameraState
from tests.support.bus import fake_ingest, status_of
from tests.support.ports import free_port


@pytest.mark.parametrize("state", [CameraState.LIVE, CameraState.OFFLINE])
def test_ingest_is_healthy_while_it_speaks_of_its_cameras(state: CameraState, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it says of them: a restart brings no camera back."""
    port = free_port()
    monkeypatch.setenv("BUS_BIND", f"tcp://0.0.0.0:{port}")
    monkeypatch.setenv("BUS_TRUSTED_NETWORK", "true")
    with fake_ingest(f"tcp://127.0.0.1:{port}", status_of("cam1", state)):
        assert health.main() == 0


def test_a_silent_bus_is_unhealthy(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As when its process hangs, or another one's died."""
    monkeypatch.setattr(health, "WAIT_SECONDS", 0.2)
    monkeypatch.setenv("BUS_BIND", f"tcp://127.0.0.1:{free_port()}")
    assert health.main() == 1
    assert "no status came" in capsys.readouterr().err
