"""Closed by default: a service that other machines can reach has a password, or does not start."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.settings import load_settings
from shared.web.settings import WebSettings, refuse_unprotected_access
from tests.support.ports import free_port
from tests.support.services import ServiceProcess
from tests.web.support import web_settings


def refusal(bind_address: str = "127.0.0.1", **members: object) -> str:
    """Empty when there is none."""
    try:
        refuse_unprotected_access(web_settings(**members), "STREAM_HOST", bind_address)
    except ConfigurationError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_loopback_needs_no_password(address: str) -> None:
    """The first start has no settings at all."""
    assert refusal(address) == ""
    assert refusal("0.0.0.0", publish_address=address) == ""  # noqa: S104 the point of it


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", "camera.example.org"])  # noqa: S104 only a setting's value: nothing listens there
def test_an_address_that_others_reach_needs_a_password(address: str) -> None:
    """One line that says what to do."""
    words = refusal(address)
    assert words.startswith(
        f"STREAM_HOST is '{address}', which others can reach, and there is no password: set VIEWER_"
    )
    assert "ALLOW_ANONYMOUS=true" in words
    assert refusal(address, allow_anonymous=True) == ""
    assert refusal(address, viewer_password="long enough") == ""  # noqa: S106 the test's own
    assert refusal(address, operator_token="longer than sixteen") == ""  # noqa: S106 a secret of the test's own


def test_where_the_owner_decides_at_the_page_a_start_is_not_refused() -> None:
    """Others get the setup page until there is a password."""
    control = {"bus_control": "tcp://127.0.0.1:5556"}
    for members, is_published in (
        ({}, True),
        ({"publish_address": "127.0.0.1"}, False),
        ({"allow_anonymous": True}, False),
        ({"viewer_password": "long enough"}, False),
    ):
        settings = web_settings(**control, **members)
        assert refuse_unprotected_access(settings, "STREAM_HOST", "0.0.0.0") is is_published  # noqa: S104 only a setting's value: nothing listens there


def test_the_published_address_counts_when_there_is_one() -> None:
    """Within compose a service binds all of its container's addresses, and the host decides who reaches them."""
    assert refusal("0.0.0.0", publish_address="127.0.0.1") == ""  # noqa: S104 only a setting's value: nothing listens there
    assert refusal("127.0.0.1", publish_address="0.0.0.0").startswith("PUBLISH_ADDRESS is '0.0.0.0'")  # noqa: S104 only a setting's value: nothing listens there


@pytest.mark.parametrize(
    "site",
    [
        "camera.example.org",
        "https://camera.example.org",
        "192.168.1.5:80",
        "http://nas",
        "localhost:80, nas",
        ":80 nas",
    ],
)
def test_a_site_address_needs_a_password(site: str) -> None:
    """A name is for others to find."""
    assert refusal(publish_address="127.0.0.1", site_address=site).startswith(f"SITE_ADDRESS is '{site}'")


@pytest.mark.parametrize("site", ["localhost", "http://localhost:8001", ":8001", "http://:80", "https://[::1]"])
def test_a_site_address_of_this_machine_needs_none(site: str) -> None:
    """No other machine can reach it by that name."""
    assert refusal(publish_address="127.0.0.1", site_address=site) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIEWER_PASSWORD", "short"),
        ("VIEWER_TOKEN", "not sixteen"),
        ("TRUSTED_PROXIES", "proxy"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "mainsail.local"),
        ("ALLOWED_ORIGINS", "http://mainsail.local/page"),
        ("ALLOW_ANONYMOUS", "perhaps"),
        ("SITE_ADDRESS", "https://[::1"),
    ],
)
def test_a_setting_of_access_that_cannot_be_used_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that could not be read would protect nothing."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"{name} is .* but must be ") as caught:
        load_settings(WebSettings)
    assert ("PASSWORD" not in name and "TOKEN" not in name) or value not in str(caught.value)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """BUS_CONNECT is written so too."""
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1, 172.18.0.0/16,")
    monkeypatch.setenv("ALLOWED_ORIGINS", "http://Mainsail.local/, http://localhost:3000")
    settings = load_settings(WebSettings)
    assert [str(network) for network in settings.trusted_proxies] == ["127.0.0.1/32", "172.18.0.0/16"]
    assert settings.allowed_origins == {"http://mainsail.local", "http://localhost:3000"}


def test_two_secrets_that_are_the_same_are_refused_unshown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A viewer would be the operator."""
    monkeypatch.setenv("VIEWER_PASSWORD", "one for all")
    monkeypatch.setenv("OPERATOR_PASSWORD", "one for all")
    with pytest.raises(ConfigurationError, match=r"Two of VIEWER_PASSWORD, .* are the same") as caught:
        load_settings(WebSettings)
    assert "one for all" not in str(caught.value)


@pytest.mark.parametrize(
    ("service", "changed"),
    [
        ("stream", {"STREAM_HOST": "0.0.0.0"}),  # noqa: S104 only a setting's value: nothing listens there
        ("archiver", {"ARCHIVER_HOST": "0.0.0.0"}),  # noqa: S104 only a setting's value: nothing listens there
        ("stream", {"PUBLISH_ADDRESS": "0.0.0.0"}),  # noqa: S104 only a setting's value: nothing listens there
        ("archiver", {"SITE_ADDRESS": "camera.example.org"}),
    ],
)
def test_an_open_door_is_one_line_and_code_2(service: str, changed: dict[str, str], tmp_path: Path) -> None:
    """The runner then ends as a whole, with that line last."""
    files = {"ARCHIVE_DIR": str(tmp_path / "frames"), "DATABASE_URL": f"sqlite:///{tmp_path}/archive.db"}
    ports = {"STREAM_PORT": str(free_port()), "ARCHIVER_PORT": str(free_port())}
    process = ServiceProcess(f"services.{service}", {**files, **ports, **changed}, tmp_path / "log")
    assert process.wait(20) == 2
    process.stop()
    name, value = next(iter(changed.items()))
    assert process.output().startswith(f"{name} is '{value}', which others can reach")
    assert process.output().count("\n") == 1
