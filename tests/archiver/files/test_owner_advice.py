"""Who is told which command, when a file or directory may not be read or written."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.archiver.files import owner_advice
from services.archiver.files.mounts import Mount
from services.archiver.files.owner_advice import advice_for, on_the_host

ROOT = Path(__file__).parents[3]
_AS_NOBODY = """
import os, sys
from pathlib import Path
from services.archiver.files.owner_advice import advice_for
os.setgid(65534); os.setuid(65534)
print(advice_for(Path(sys.argv[1]), is_write=True))
"""


def advice_for_nobody(path: Path) -> str:
    """As user 65534 sees it."""
    command = [sys.executable, "-c", _AS_NOBODY, str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.disks
def test_the_first_folder_that_bars_the_way_is_named_with_the_command(tmp_path: Path) -> None:
    """Not the file far below it; a space is quoted."""
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_mode & 0o001 == 0:
            above.chmod(0o755)
    barred = tmp_path / "restored by root"
    (barred / "2026" / "11").mkdir(parents=True)
    barred.chmod(0o700)
    told = advice_for_nobody(barred / "2026" / "11" / "a.webp")
    assert f"{barred} belongs to user 0, and the archiver runs as user 65534" in told
    assert f"sudo chown -R 65534:65534 '{barred}')" in told
    barred.chmod(0o755)
    assert f"{barred}/2026/11 belongs to user 0" in advice_for_nobody(barred / "2026" / "11" / "a.webp")


def test_ones_own_folder_needs_another_mode(tmp_path: Path) -> None:
    """There the owner is right."""
    assert f"chmod -R u+rwX {tmp_path})" in advice_for(tmp_path, is_write=True)


@pytest.mark.parametrize(
    ("root", "told"),
    [
        ("/srv/framecast", "/srv/framecast"),
        ("/var/lib/docker/volumes/framecast_archive/_data", "/var/lib/docker/volumes/framecast_archive/_data"),
        ("/", "/app/data/camera/frames"),
        ("/srv", "/app/data/camera/frames"),
    ],
)
def test_in_a_container_the_hosts_directory_is_named_but_never_a_whole_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: str, told: str
) -> None:
    """A command that changes everything below / is typed quickly."""
    (tmp_path / ".dockerenv").touch()
    monkeypatch.setattr(owner_advice, "_IN_A_CONTAINER", (tmp_path / ".dockerenv",))
    mount = Mount(1, root, "/app/data", "ext4", "/dev/sda1")
    monkeypatch.setattr(owner_advice, "mount_of", lambda _: mount)
    assert on_the_host(Path("/app/data/camera/frames")) == told


def test_outside_a_container_the_path_is_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever is mounted where."""
    monkeypatch.setattr(owner_advice, "_IN_A_CONTAINER", (tmp_path / "none",))
    assert on_the_host(tmp_path) == str(tmp_path)
