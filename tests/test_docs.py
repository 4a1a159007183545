"""What the documents say is held to the code, for documents rot."""

import re
from pathlib import Path

import pytest

from services.archiver.base.settings import ArchiverSettings
from services.ingest.settings import CameraEnvironment, IngestSettings
from services.stream.settings import StreamSettings
from shared.bus.frames import HEADER_MEMBERS, MAX_HEADER_BYTES
from shared.bus.status import CameraState, CameraStatus
from shared.settings import Settings, variable_name
from shared.web.body_limit import MAX_BODY_BYTES
from shared.web.protocol import BODY_SECONDS, HEAD_SECONDS, MAX_HEAD_BYTES

ROOT = Path(__file__).parents[1]
SERVICES: list[type[Settings]] = [CameraEnvironment, IngestSettings, StreamSettings, ArchiverSettings]
OF_LIBRARIES = {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
"""What the object store's library reads by itself."""
WIRE_FORMAT = (ROOT / "docs/wire-format.md").read_text()


def documented_settings() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_env_example_names_every_setting_and_no_other() -> None:
    """It is the one list of settings."""
    names = {variable_name(service, name) for service in SERVICES for name in service.model_fields}
    assert names | OF_LIBRARIES | {"CAMERA_RTSP_PASSWORD_FILE", "LOG_FORMAT"} == set(documented_settings())


@pytest.mark.parametrize("service", SERVICES)
def test_env_example_shows_the_defaults(service: type[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    """Copied as it is, it changes nothing."""
    names = documented_settings()
    for name in names:
        monkeypatch.delenv(name, raising=False)
    without = service()
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    assert service() == without


def test_every_setting_says_what_is_allowed() -> None:
    """An error ends in these words."""
    for service in SERVICES:
        for name, field in service.model_fields.items():
            assert field.description or any("description" in str(one) for one in field.metadata), name


def test_the_wire_format_names_every_member_and_state() -> None:
    """The page is the authority, so it must be complete."""
    for name in (*HEADER_MEMBERS, *CameraStatus.model_fields, *CameraState):
        assert f"`{name}`" in WIRE_FORMAT, name
    assert f"{MAX_HEADER_BYTES:,} bytes" in WIRE_FORMAT


def test_the_limits_of_requests_are_told() -> None:
    """Whoever runs into one looks there."""
    access = (ROOT / "docs/access.md").read_text()
    assert f"head within {HEAD_SECONDS:.0f} s and {MAX_HEAD_BYTES // 1024} KiB" in access
    assert f"body within {BODY_SECONDS:.0f} s and {MAX_BODY_BYTES // 1024} KiB" in access


def test_links_between_documents_lead_somewhere() -> None:
    """A newcomer follows them."""
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_files_that_the_architecture_names_exist() -> None:
    """It says where to change what."""
    for path in re.findall(r"`((?:services|shared|tests|docs)/[\w./]+)`", (ROOT / "docs/architecture.md").read_text()):
        assert (ROOT / path).exists(), path
