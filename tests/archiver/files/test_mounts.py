"""Which file system a path is on, and which disks of /etc/fstab are not mounted."""

from pathlib import Path

import pytest

from services.archiver.files import mounts
from services.archiver.files.mounts import missing_mount_point, mount_of


@pytest.fixture
def fstab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "fstab"
    monkeypatch.setattr(mounts, "FSTAB", file)
    return file


@pytest.fixture
def mountinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "mountinfo"
    monkeypatch.setattr(mounts, "MOUNTINFO", file)
    file.write_text(line("/"))
    return file


def line(point: str, kind: str = "ext4", number: int = 1) -> str:
    return f"{number} 0 8:1 / {point} rw,relatime shared:1 - {kind} /dev/sda1 rw\n"


@pytest.mark.parametrize("where", ["/mnt/disk", "/mnt"])
def test_a_disk_of_fstab_at_or_above_a_directory_is_missing_until_it_is_mounted(
    fstab: Path, mountinfo: Path, where: str
) -> None:
    """Whatever its other fields say."""
    fstab.write_text(f"# disks\nUUID=1 / ext4 defaults 0 1\nLABEL=big\t{where} ext4 nofail,noauto 0 2\n")
    archive = Path("/mnt/disk/frames")
    assert missing_mount_point(archive) == where
    mountinfo.write_text(line("/") + line(where))
    assert missing_mount_point(archive) is None
    assert missing_mount_point(Path("/mn")) is None


def test_a_mount_that_waits_for_its_first_access_is_no_disk(fstab: Path, mountinfo: Path) -> None:
    """So does systemd's automount; the disk itself may have failed."""
    fstab.write_text("LABEL=big /mnt/disk ext4 x-systemd.automount 0 2\n")
    mountinfo.write_text(line("/") + line("/mnt/disk", "autofs"))
    assert missing_mount_point(Path("/mnt/disk")) == "/mnt/disk"
    mountinfo.write_text(line("/") + line("/mnt/disk", "autofs") + line("/mnt/disk"))
    assert missing_mount_point(Path("/mnt/disk")) is None


def test_what_is_mounted_further_down_is_not_missing(fstab: Path, mountinfo: Path) -> None:
    """The pictures are on that disk."""
    fstab.write_text("LABEL=a /mnt ext4 defaults 0 2\n")
    mountinfo.write_text(line("/") + line("/mnt/disk"))
    assert missing_mount_point(Path("/mnt/disk/frames")) is None


def test_swap_blank_lines_and_spaces_in_names_are_read_as_the_system_reads_them(fstab: Path, mountinfo: Path) -> None:
    """A space is written as its octal number in both files."""
    fstab.write_text("\nUUID=2 none swap sw 0 0\n/dev/sdb1 /mnt/my\\040disk ext4 defaults\nx\n")
    assert missing_mount_point(Path("/mnt/my disk/frames")) == "/mnt/my disk"
    mountinfo.write_text(line("/") + line("/mnt/my\\040disk") + "half a line - \n")
    assert missing_mount_point(Path("/mnt/my disk/frames")) is None


def test_a_link_to_the_mount_point_is_followed(fstab: Path, mountinfo: Path, tmp_path: Path) -> None:
    """In both the setting and fstab."""
    del mountinfo
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    fstab.write_text(f"LABEL=big {tmp_path}/link ext4 defaults 0 2\n")
    assert missing_mount_point(tmp_path / "link" / "frames") == str(tmp_path / "disk")


def test_without_the_systems_files_nothing_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As elsewhere than on Linux."""
    monkeypatch.setattr(mounts, "FSTAB", tmp_path / "none")
    monkeypatch.setattr(mounts, "MOUNTINFO", tmp_path / "none")
    assert missing_mount_point(tmp_path) is None
    assert mount_of(tmp_path) is None


def test_the_file_system_of_a_path_that_is_not_there_yet_is_that_of_its_parent(tmp_path: Path) -> None:
    """By the kernel's own number, so that it is right under any mount."""
    mount = mount_of(tmp_path / "not" / "there")
    assert mount is not None
    assert Path(mount.point).stat().st_dev == tmp_path.stat().st_dev
