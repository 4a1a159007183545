"""What a user sees of the stack, and what an attacker would find."""

import json
import re
import time
import urllib.request

import pytest

from tests.e2e.compose import ROOT, SERVICES, ComposeStack, docker
from tests.e2e.conftest import Audience
from tests.support.waiting import wait_until

UID = "10001"
PASSWORD = "s3cretWord"  # noqa: S105 of a database that lives for one test


def test_one_command_shows_the_demo_scene() -> None:
    """Without any .env, and within a minute of the images being there."""
    stack = ComposeStack("framecast-e2e-demo")
    stack.down("-v")
    began_at = time.monotonic()
    try:
        stack.up()
        healthy_seconds = time.monotonic() - began_at
        stack.wait_until_live()
        (device,) = stack.get("/api/devices")["devices"]
        assert device["source"] == "demo"
        assert healthy_seconds < 60
        with urllib.request.urlopen(stack.origin, timeout=5) as page:
            assert b"<html" in page.read()
    finally:
        stack.down("-v")


def test_a_viewer_sees_the_camera_through_the_gateway(audience: Audience) -> None:
    """Live, and of this moment."""
    (viewer,) = audience.join(1)
    wait_until(lambda: viewer.last is not None and viewer.last.is_live, "a live picture")
    assert viewer.last is not None
    assert viewer.last.received_at - float(viewer.last.headers["x-timestamp"]) < 1


def test_the_archive_is_at_the_same_origin_and_outlives_the_containers(stack: ComposeStack) -> None:
    """`down` and `up` are how people update."""
    wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "a frame is archived", 30)
    frame = stack.get("/api/camera/frames")["frames"][0]
    image = f"{stack.origin}/api/camera/frames/{frame['id']}/image"
    with urllib.request.urlopen(image, timeout=5) as answer:
        before = answer.read()
    stack.down()
    stack.up()
    with urllib.request.urlopen(image, timeout=5) as answer:
        assert answer.read() == before
    assert before.startswith(b"RIFF")


@pytest.mark.skipif(
    "psycopg" not in (ROOT / "requirements/archiver.txt").read_text(),
    reason="the archiver has no driver for PostgreSQL",
)
def test_the_archives_rows_may_be_in_postgresql() -> None:
    """With the overlay, and a password in .env."""
    stack = ComposeStack("framecast-e2e-postgres", "postgres", POSTGRES_PASSWORD=PASSWORD, CAMERA_CAPTURE_INTERVAL="5")
    stack.down("-v")
    try:
        stack.up()
        wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "a frame is archived", 30)
        query = "SELECT count(*) > 0 FROM archived_frame"
        client = ("psql", "-h", "127.0.0.1", "-U", "framecast", "-tAc", query)
        assert docker("exec", "-e", f"PGPASSWORD={PASSWORD}", stack.container("postgres"), *client) == "t"
    finally:
        stack.down("-v")


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_can_do_nothing_that_it_need_not(stack: ComposeStack, service: str) -> None:
    """No root, no capabilities, nothing to write to, bounded in files, processes and memory."""
    container = stack.container(service)
    status = dict(re.findall(r"(\w+):\s*(.+)", docker("exec", container, "cat", "/proc/self/status")))
    assert status["Uid"].split() == [UID] * 4
    assert int(status["CapEff"], 16) == 0
    # Caddy's program file asks for the right to low ports, and starts only where it may be had.
    assert int(status["CapBnd"], 16) == (1 << 10 if service == "gateway" else 0)
    assert status["NoNewPrivs"] == "1"
    assert "16384" in docker("exec", container, "grep", "open files", "/proc/self/limits")
    facts = json.loads(docker("inspect", container))[0]
    assert facts["HostConfig"]["ReadonlyRootfs"]
    assert facts["HostConfig"]["Memory"] > 0
    assert facts["HostConfig"]["PidsLimit"] > 0
    refused = docker(
        "exec", container, "sh", "-c", "touch /made /usr/made /app/made 2>/dev/null; ls -d /made /usr/made || true"
    )
    assert refused == ""


def test_only_the_gateway_is_published_and_only_on_loopback(stack: ComposeStack) -> None:
    """The bus and the archiver have no business outside the stack's network."""
    published = {
        service: json.loads(docker("inspect", "-f", "{{json .HostConfig.PortBindings}}", stack.container(service)))
        for service in SERVICES
    }
    gateway = published.pop("gateway")
    assert gateway == {"8001/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]}
    assert not any(published.values())


def test_a_stack_with_a_domain_speaks_tls() -> None:
    """`SITE_ADDRESS` is all it takes; for localhost the certificate is Caddy's own."""
    stack = ComposeStack("framecast-e2e-tls", SITE_ADDRESS="localhost")
    stack.down("-v")
    try:
        stack.up("gateway", "stream")
        answer = docker(
            *("exec", stack.container("gateway")),
            *("wget", "-q", "-O", "-", "--no-check-certificate", "https://localhost/healthz"),
        )
        assert json.loads(answer) == {"status": "ok"}
    finally:
        stack.down("-v")
