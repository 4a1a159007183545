"""The compose files for a bus with keys name the files that the command for keys makes."""

import re
from pathlib import Path

import pytest

from services.archiver.base.settings import ArchiverSettings
from services.ingest.settings import IngestSettings
from services.stream.settings import StreamSettings
from shared.bus.keys import make_keys
from shared.settings import Settings

ROOT = Path(__file__).parents[1]
MAIN, REMOTE = ROOT / "docker-compose.bus.yml", ROOT / "deploy/remote-stream/docker-compose.yml"


def service_in(compose: Path, name: str) -> str:
    """The text of one service in a compose file."""
    return re.split(r"^  \w+:$", compose.read_text().partition(f"\n  {name}:\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize(
    ("compose", "service", "settings", "mounted"),
    [
        (MAIN, "ingest", IngestSettings, "keys/server"),
        (MAIN, "stream", StreamSettings, "keys/stream"),
        (MAIN, "archiver", ArchiverSettings, "keys/archiver"),
        (REMOTE, "stream", StreamSettings, "keys"),
    ],
)
def test_each_service_is_given_its_keys_and_no_others(
    compose: Path, service: str, settings: type[Settings], mounted: str, tmp_path: Path
) -> None:
    """Each setting in the file exists, and so does the key file it names, in the only directory that is mounted."""
    make_keys(tmp_path, ("stream", "archiver"), ("stream", "archiver"))
    directory = tmp_path / (mounted.removeprefix("keys").strip("/") or "stream")
    text = service_in(compose, service)
    assert re.findall(r"- \./(\S+):/keys:ro", text) == [mounted]
    named = re.findall(r"(BUS_\w+): /keys/(\S+)", text)
    assert len(named) == (3 if service == "ingest" else 2)
    for setting, file in named:
        assert setting.lower() in settings.model_fields
        assert (directory / file).exists()
