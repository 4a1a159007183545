"""The contents of the images, and the compose files under an old docker-compose."""

import subprocess

import pytest

from tests.e2e.compose import ROOT, docker

LIBRARIES = {
    "ingest": {"av", "cv2", "numpy", "simplejpeg", "zmq"},
    "stream": {"fastapi", "httpx2", "PIL", "uvicorn", "uvloop"},
    "archiver": {"alembic", "av", "fastapi", "obstore", "PIL", "psycopg", "sqlmodel", "uvicorn", "uvloop"},
}
COMMON = {"nacl", "pydantic_settings", "structlog"}
TOOLS = {"mypy", "pip", "pytest", "supervisor"}
OVERLAYS = [path.name for path in sorted(ROOT.glob("docker-compose.*.yml"))]
_MISSING = """
import importlib, sys
def is_missing(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return True
    return False
print(sys.version_info[:2], *sorted(name for name in sys.argv[1:] if is_missing(name)))
"""


@pytest.mark.parametrize("service", LIBRARIES)
def test_an_image_holds_its_services_libraries_and_no_others(service: str) -> None:
    """A missing library can't be attacked. The ones that are there can be imported by the image's Python."""
    services = {f"services.{name}" for name in LIBRARIES}
    everything = set().union(COMMON, TOOLS, services, *LIBRARIES.values())
    expected = everything - COMMON - LIBRARIES[service] - {f"services.{service}"}
    printed = docker(
        *("run", "--rm", "--network", "none", "--read-only", "--entrypoint", "python", f"framecast-{service}"),
        *("-c", _MISSING, *sorted(everything)),
    )
    assert printed.split() == ["(3,", "13)", *sorted(expected)]


@pytest.mark.parametrize("service", LIBRARIES)
def test_an_image_has_the_command_for_its_own_service(service: str) -> None:
    """And says in a line of another that it is not there."""
    asked = ("run", "--rm", "--network", "none", "--read-only", "--entrypoint", "framecast", f"framecast-{service}")
    assert f"\n  {service} " in docker(*asked, "--help")
    assert "usage: python -m shared.bus_keys" in docker(*asked, "keys", "--help")
    refused = subprocess.run(["docker", *asked, "run"], check=False, capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("overlay", [None, *OVERLAYS])
def test_debian_12s_docker_compose_accepts_the_compose_files(overlay: str | None) -> None:
    """It is version 1.29, the oldest that is still offered, and it rejects unknown keys."""
    files = ["-f", "docker-compose.yml", *(["-f", overlay] if overlay else [])]
    settings = {
        "PATH": "/usr/bin:/bin",
        "POSTGRES_PASSWORD": "x",
        "SITE_ADDRESS": "cameras.example.org",
        "ARCHIVE_DIR": "s3://cameras",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    checked = subprocess.run(
        ["docker-compose", *files, "config", "-q"], check=False, cwd=ROOT, env=settings, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
