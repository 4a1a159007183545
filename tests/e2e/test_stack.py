"""The stack as a user sees it, and as an attacker would find it."""

import io
import json
import re
import ssl
import threading
import urllib.request
from base64 import b64decode

import pytest
from moto.server import ThreadedMotoServer

from services.ingest.recording.recording import Recording
from tests.e2e.compose import HERE, PATIENCE_SECONDS, SERVICES, ComposeStack, docker, host_address
from tests.e2e.conftest import Audience
from tests.e2e.figures import timed
from tests.support.ports import free_port
from tests.support.waiting import wait_until

UID = "10001"
WEBM = b"\x1a\x45\xdf\xa3"
PASSWORD = "s3cretWord"  # noqa: S105 of a database that lives for one test


def test_one_command_shows_the_demo_scene() -> None:
    """No .env is needed."""
    stack = ComposeStack("demo")
    with timed("from `up` to the first picture through the gateway"):
        began = threading.Thread(target=stack.__enter__)
        began.start()
        try:
            wait_until(lambda: stack.snapshot().startswith(b"\xff\xd8"), "a picture", PATIENCE_SECONDS)
        finally:
            began.join()
    try:
        (device,) = stack.get("/api/devices")["devices"]
        assert device["source"] == "demo"
        assert b"<html" in stack.ask("GET", "/").body
    finally:
        stack.__exit__()


def test_a_viewer_sees_the_camera_through_the_gateway(audience: Audience) -> None:
    """The picture is live and less than a second old."""
    (viewer,) = audience.join(1)

    def is_fresh() -> bool:
        last = viewer.last
        return last is not None and last.is_live and last.received_at - float(last.headers["x-timestamp"]) < 1

    wait_until(is_fresh, "a live picture", PATIENCE_SECONDS)


def test_the_archive_is_at_the_same_origin_and_outlives_the_containers(stack: ComposeStack) -> None:
    """`down` and `up` are how people update."""
    wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "a frame is archived", PATIENCE_SECONDS)
    frame = stack.get("/api/camera/frames")["frames"][0]
    image = f"/api/camera/frames/{frame['id']}/image"
    before = stack.ask("GET", image).body
    assert before.startswith(b"RIFF")
    stack.down()
    stack.up()
    wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "the archive answers", PATIENCE_SECONDS)
    assert stack.ask("GET", image).body == before


@pytest.mark.parametrize(("form", "magic"), [("h264", b"ftyp"), ("webm", WEBM)])
def test_a_time_lapse_is_made_in_the_container(form: str, magic: bytes, stack: ComposeStack) -> None:
    """The image has H.264 and VP9, and room for the work in spite of its read-only file system."""
    wait_until(lambda: len(stack.get("/api/camera/frames").get("frames", [])) >= 2, "two frames", PATIENCE_SECONDS)
    camera = stack.get("/api/devices")["devices"][0]["key"]
    wish = {"camera": camera, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "format": form}
    asked = stack.ask("POST", "/api/camera/timelapses", body=wish)
    assert asked.status == 202, asked.body
    made = f"/api/camera/timelapses/{asked.json()['id']}"
    with timed("a time-lapse of some frames"):
        wait_until(lambda: stack.get(made).get("state") in ("done", "failed"), "it is rendered", 2 * PATIENCE_SECONDS)
    assert stack.get(made)["state"] == "done", stack.get(made)
    assert stack.ask("GET", f"{made}/file").body[:8].find(magic) in (0, 4)


def test_a_camera_is_recorded_in_its_read_only_container(stack: ComposeStack) -> None:
    """Into what the output is redirected to; or, at a terminal, into a file that the words tell how to fetch."""
    container = stack.container("ingest")
    command = "framecast record-camera camera_1"
    redirected = docker("exec", container, "sh", "-c", f"{command} 2>/dev/null | base64")
    told = docker("exec", "-t", container, *command.split())
    assert "docker compose exec -T ingest cat /tmp/camera_1.exchange.gz > camera_1.exchange.gz" in told
    fetched = docker("exec", container, "base64", "/tmp/camera_1.exchange.gz")  # noqa: S108 the container's own
    for text in (redirected, fetched):
        recording = Recording.read(io.BytesIO(b64decode(text)))
        assert recording.facts["outcome"].startswith("Pictures came: ")
        assert recording.connections == ("rtsp",)


def test_the_archive_may_be_in_postgresql_and_an_object_store() -> None:
    """Both overlays together, with passwords as settings. The object store is outside the stack, like Amazon's."""
    address = host_address()
    server = ThreadedMotoServer(ip_address=address, port=free_port(), verbose=False)
    server.start()
    endpoint = f"http://{address}:{server.get_host_and_port()[1]}"
    settings = {
        "POSTGRES_PASSWORD": PASSWORD,
        "ARCHIVE_DIR": "s3://cameras/garden",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
        "CAMERA_CAPTURE_INTERVAL": "5",
    }
    try:
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/cameras", method="PUT"), timeout=20).close()
        with ComposeStack("outgrown", "postgres", "s3", settings=settings) as stack:
            wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "a frame is archived", PATIENCE_SECONDS)
            frame = stack.get("/api/camera/frames")["frames"][0]
            assert stack.ask("GET", f"/api/camera/frames/{frame['id']}/image").body.startswith(b"RIFF")
            with urllib.request.urlopen(f"{endpoint}/cameras?list-type=2", timeout=20) as listing:
                assert b"<Key>garden/" in listing.read()
            query = "SELECT count(*) > 0 FROM archived_frame"
            client = ("psql", "-h", "127.0.0.1", "-U", "framecast", "-tAc", query)
            assert docker("exec", "-e", f"PGPASSWORD={PASSWORD}", stack.container("postgres"), *client) == "t"
            held = docker("exec", stack.container("archiver"), "find", "/app/data", "-name", "*.webp")
            assert held == ""
    finally:
        server.stop()


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_no_rights_that_it_does_not_need(stack: ComposeStack, service: str) -> None:
    """No root, no capabilities, no writable file system; limits on files, processes and memory."""
    container = stack.container(service)
    status = dict(re.findall(r"(\w+):\s*(.+)", docker("exec", container, "cat", "/proc/self/status")))
    assert status["Uid"].split() == [UID] * 4
    assert int(status["CapEff"], 16) == 0
    assert int(status["CapBnd"], 16) == 0
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
    """The bus and the archiver are reachable only inside the stack's network."""
    published = {
        service: json.loads(docker("inspect", "-f", "{{json .HostConfig.PortBindings}}", stack.container(service)))
        for service in SERVICES
    }
    gateway = published.pop("gateway")
    assert gateway == {"8001/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]}
    assert not any(published.values())


def test_a_stack_with_a_domain_speaks_tls() -> None:
    """For localhost, Caddy issues the certificate itself. Page, stream and archive are at one origin."""
    settings = {"SITE_ADDRESS": "localhost", "HTTPS_PORT": str(free_port()), "ALLOW_ANONYMOUS": "true"}
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with ComposeStack("tls", "https", settings=settings, more_files=[HERE / "other-ports.yml"]) as stack:
        for path in ("/healthz", "/api/devices", "/api/camera/frames", "/"):
            request = f"https://localhost:{settings['HTTPS_PORT']}{path}"
            with urllib.request.urlopen(request, timeout=20, context=trusting) as answer:
                assert answer.status == 200, path
        status = dict(re.findall(r"(\w+):\s*(.+)", docker("exec", stack.container("gateway"), "cat", "/proc/1/status")))
        # Caddy's program file requires the capability for low ports, and does not start without it.
        assert (status["Uid"].split(), int(status["CapBnd"], 16)) == ([UID] * 4, 1 << 10)
