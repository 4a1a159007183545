"""The compose files, docs/settings.md and the services' settings agree."""

import re
from pathlib import Path

import pytest

from shared.settings import variable_name
from tests.support.settings_page import (
    CONTROL_IN_COMPOSE,
    FIXED_IN_COMPOSE,
    OTHER_DEFAULTS_IN_COMPOSE,
    PRIVATE_NETWORKS,
    SERVICES,
    defaults,
    names_on_the_page,
)

ROOT = Path(__file__).parents[1]
FILES = sorted(ROOT.glob("docker-compose*.yml"))


def environment(service: str) -> dict[str, str]:
    """A service's environment in docker-compose.yml, with the values as written there."""
    text = (ROOT / "docker-compose.yml").read_text()
    block = re.split(r"^  (?=\w)", text.split(f"\n  {service}:\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    return dict(re.findall(r"^      ([A-Z][A-Z_0-9]*): (.*)$", block, re.MULTILINE))


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_gets_every_setting_of_its_service_and_no_other(service: str) -> None:
    """A setting that compose does not pass on has no effect, without any message."""
    names = {variable_name(settings, name) for settings in SERVICES[service] for name in settings.model_fields}
    files = {name for name in environment(service) if name.removesuffix("_FILE") in names}
    assert set(environment(service)) == names | files | {"LOG_FORMAT", "TZ"}


@pytest.mark.parametrize("service", SERVICES)
def test_compose_passes_settings_on_with_their_documented_defaults(service: str) -> None:
    """A .env holds only what differs from the defaults. Without a .env the defaults apply."""
    documented = defaults() | OTHER_DEFAULTS_IN_COMPOSE
    for name, value in environment(service).items():
        if (service, name) == ("archiver", "TRUSTED_PROXIES"):
            assert value == f"{PRIVATE_NETWORKS},${{TRUSTED_PROXIES:-}}"
        elif name == "BUS_CONTROL":
            assert value == f"${{BUS_CONTROL-{CONTROL_IN_COMPOSE}}}", "empty switches it off"
        elif f"{name}_FILE" in environment(service):
            assert value == f"${{{name}:-}}", "a default here would go before the file"
        elif name not in FIXED_IN_COMPOSE:
            assert value == f"${{{name}:-{documented.get(name, '')}}}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_variable_of_a_compose_file_is_documented(file: Path) -> None:
    """docs/settings.md is the one list of settings."""
    assert set(re.findall(r"\$\{(\w+)", file.read_text())) <= names_on_the_page()


def test_by_default_no_container_publishes_a_port_beyond_loopback() -> None:
    """Only the overlay for HTTPS does, and users choose it by its name."""
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r'^      - "(.*:.*)"$', text, re.MULTILINE) == [
        "${PUBLISH_ADDRESS:-127.0.0.1}:${STREAM_PORT:-8001}:8001"
    ]


def test_the_gateway_listens_as_stream_does() -> None:
    """A viewer's connection keeps the options that the gateway gave it."""
    names = ("STREAM_HOST", "STREAM_PORT", "VIEWER_STALL_SECONDS", "GATEWAY_SOCKET")
    gateway, stream = environment("gateway"), environment("stream")
    assert [gateway[name] for name in names] == [stream[name] for name in names]
    assert set(gateway) == {*names, "SHOW_BAD_SETTINGS", "LOG_FORMAT"}


def test_with_ports_open_to_everybody_a_password_is_needed() -> None:
    """Whatever SITE_ADDRESS and the stack's own PUBLISH_ADDRESS say."""
    overlay = (ROOT / "docker-compose.https.yml").read_text()
    assert overlay.count("PUBLISH_ADDRESS: 0.0.0.0") == 2  # stream's and the archiver's


def test_by_default_stream_believes_no_proxy_and_behind_caddy_it_does() -> None:
    """Viewers connect to stream themselves, so one in the own network could claim any address."""
    assert environment("stream")["TRUSTED_PROXIES"] == "${TRUSTED_PROXIES:-}"
    overlay = (ROOT / "docker-compose.https.yml").read_text()
    assert f"TRUSTED_PROXIES: {PRIVATE_NETWORKS},${{TRUSTED_PROXIES:-}}" in overlay
    assert 'GATEWAY_SOCKET: ""' in overlay


def test_a_replica_on_a_second_host_shows_a_bad_setting_too() -> None:
    """As those of the main stack: in Docker nobody sees the log."""
    text = (ROOT / "deploy/remote-stream/docker-compose.yml").read_text()
    assert '      SHOW_BAD_SETTINGS: "true"\n' in text
    assert environment("stream")["SHOW_BAD_SETTINGS"] == '"true"'
