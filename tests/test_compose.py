"""The compose files, .env.example and the services' settings agree."""

import re
from pathlib import Path

import pytest

from services.archiver.base.settings import ArchiverSettings
from services.ingest.settings import CameraEnvironment, IngestSettings
from services.stream.settings import StreamSettings
from shared.settings import Settings, variable_name
from tests.test_docs import documented_settings

ROOT = Path(__file__).parents[1]
FILES = sorted(ROOT.glob("docker-compose*.yml"))
SETTINGS: dict[str, list[type[Settings]]] = {
    "ingest": [CameraEnvironment, IngestSettings],
    "stream": [StreamSettings],
    "archiver": [ArchiverSettings],
}
OF_THE_STACK = {
    "BUS_BIND",
    "BUS_CONNECT",
    "BUS_TRUSTED_NETWORK",
    "STREAM_HOST",
    "STREAM_PORT",
    "ARCHIVER_HOST",
    "ARCHIVER_PORT",
    "ARCHIVER_URL",
}
"""The containers' addresses for each other. A .env made for `scripts/run` must not change them."""
OTHER_DEFAULTS = {
    "PUBLISH_ADDRESS": "127.0.0.1",
    "TRUSTED_PROXIES": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
}
"""The stack publishes on loopback, and trusts its own gateway about the client's address."""


def environment(service: str) -> dict[str, str]:
    """A service's environment in docker-compose.yml, with the values as written there."""
    text = (ROOT / "docker-compose.yml").read_text()
    block = re.split(r"^  (?=\w)", text.split(f"\n  {service}:\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    return dict(re.findall(r"^      ([A-Z][A-Z_0-9]*): (.*)$", block, re.MULTILINE))


@pytest.mark.parametrize("service", SETTINGS)
def test_a_container_gets_every_setting_of_its_service_and_no_other(service: str) -> None:
    """A setting that compose does not pass on has no effect, without any message."""
    names = {variable_name(settings, name) for settings in SETTINGS[service] for name in settings.model_fields}
    files = {name for name in environment(service) if name.removesuffix("_FILE") in names}
    assert set(environment(service)) == names | files | {"LOG_FORMAT"}


@pytest.mark.parametrize("service", SETTINGS)
def test_compose_passes_settings_on_with_their_documented_defaults(service: str) -> None:
    """A .env holds only what differs from the defaults. Without a .env the defaults apply."""
    documented = documented_settings()
    for name, value in environment(service).items():
        if name not in OF_THE_STACK:
            default = OTHER_DEFAULTS.get(name, documented.get(name, ""))
            assert value == f"${{{name}:-{default}}}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_variable_of_a_compose_file_is_documented(file: Path) -> None:
    """Variables that only compose reads are documented in docs/."""
    documents = "".join(page.read_text() for page in (ROOT / "docs").glob("**/*.md"))
    documented = {*documented_settings(), *re.findall(r"[A-Z_]{4,}", documents)}
    assert set(re.findall(r"\$\{(\w+)", file.read_text())) <= documented


def test_by_default_no_container_publishes_a_port_beyond_loopback() -> None:
    """Only the overlay for HTTPS does, and users choose it by its name."""
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r'^      - "(.*:.*)"$', text, re.MULTILINE) == [
        "${PUBLISH_ADDRESS:-127.0.0.1}:${STREAM_PORT:-8001}:8001"
    ]
