"""Whose the archive's files are on a bind mount: PUID and PGID, and what is said of a directory of another owner."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.archiver.files.archive_marker import MARKER
from tests.e2e.compose import PATIENCE_SECONDS, ComposeStack, docker
from tests.support.waiting import wait_until

USER, GROUP = 12345, 23456


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The host's directory, which belongs to root. Docker's engine may see it only through a container."""
    directory = tmp_path / "srv" / "framecast"
    directory.mkdir(parents=True)
    return directory


@pytest.fixture
def stack(archive: Path, tmp_path: Path) -> Iterator[ComposeStack]:
    override = tmp_path / "docker-compose.override.yml"
    override.write_text(f"services:\n  archiver:\n    volumes:\n      - {archive}:/app/data\n")
    settings = {"PUID": str(USER), "PGID": str(GROUP), "CAMERA_CAPTURE_INTERVAL": "5"}
    stack = ComposeStack("owner", settings=settings, more_files=[override])
    yield stack
    stack.down("-v")


def test_a_directory_of_another_owner_is_told_with_the_command_and_then_the_files_are_the_users(
    stack: ComposeStack, archive: Path
) -> None:
    """The command is typed as it is told, without sudo, since tests run as root."""
    refused = stack.try_compose("run", "--rm", "--no-deps", "archiver")
    assert refused.returncode == 2, refused.stderr
    (line,) = (line for line in refused.stderr.splitlines() if line.startswith("ARCHIVE_DIR"))
    command = line.partition("sudo ")[2].partition(")")[0]
    assert command == f"chown -R {USER}:{GROUP} {archive}"
    subprocess.run(shlex.split(command), check=True)
    with stack:
        wait_until(lambda: stack.get("/api/camera/frames").get("frames"), "a frame is archived", PATIENCE_SECONDS)
        (picture, *_) = (archive / "camera" / "frames").rglob("*Z.webp")
        facts = picture.stat()
        assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o777) == (USER, GROUP, 0o644)
        assert (archive / "camera" / "frames" / MARKER).exists()
        docker(
            "exec",
            "--user",
            "65534:65534",
            stack.container("archiver"),
            "test",
            "-r",
            f"/app/data/camera/frames/{MARKER}",
        )
