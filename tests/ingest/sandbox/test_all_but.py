"""What is allowed where some paths are not: by a file system of the test's own."""

import os
from pathlib import Path

import pytest

from services.ingest.sandbox import network_drives
from services.ingest.sandbox.all_but import AllBut


def allowed(root: Path, *left_out: Path) -> set[str]:
    """Paths below `root` that are allowed, as its rules have it."""
    rules = AllBut(left_out)
    below = [Path(path) for path in rules.paths() if Path(path).is_relative_to(root)]
    facts = [(path, path.lstat()) for path in below]
    return {str(path.relative_to(root)) for path, one in facts if (one.st_dev, one.st_ino) not in rules.forbidden}


def make(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()


def test_everything_is_allowed_where_nothing_is_left_out() -> None:
    assert list(AllBut(()).paths()) == ["/"]
    assert not AllBut(()).forbidden


def test_what_stands_beside_the_way_is_allowed_and_nothing_on_it(tmp_path: Path) -> None:
    """A directory on the way is not: then all in it would be."""
    make(tmp_path, "app/data/owner/access.json", "app/data/camera/a.mp4", "app/code.py", "app/.env", "etc/hosts")
    found = allowed(tmp_path, tmp_path / "app/data/owner", tmp_path / "app/.env")
    assert found == {"app/data/camera", "app/code.py", "etc"}


def test_a_path_within_another_one_makes_no_hole_in_it(tmp_path: Path) -> None:
    make(tmp_path, "owner/keys/a.key", "owner/access.json", "other")
    assert allowed(tmp_path, tmp_path / "owner", tmp_path / "owner/keys/a.key") == {"other"}


def test_what_is_made_later_is_not_allowed(tmp_path: Path) -> None:
    """The settings file may not be there yet. Its directory is not allowed as a whole for that."""
    make(tmp_path, "app/code.py")
    assert allowed(tmp_path, tmp_path / "app/.env", tmp_path / "none/at/all") == {"app/code.py"}


def test_a_link_to_it_and_its_other_names_are_no_way_in(tmp_path: Path) -> None:
    """It is known by what it is. The rule for a symbolic link's own path gives nothing."""
    make(tmp_path, "real/owner/access.json", "real/other", "secret")
    (tmp_path / "link").symlink_to(tmp_path / "real/owner")
    os.link(tmp_path / "secret", tmp_path / "hard")
    assert allowed(tmp_path, tmp_path / "link", tmp_path / "secret") == {"link", "real/other"}


def test_copies_that_editors_and_people_leave_beside_it_are_left_out(tmp_path: Path) -> None:
    """A file of quite another name is not."""
    copies = ".env~", ".env.bak", ".env.swp", "..env.swp", "#.env#", ".env-old", ".env (1)"
    make(tmp_path, *copies, ".environment", "my.env", "env")
    assert allowed(tmp_path, tmp_path / ".env") == {".environment", "my.env", "env"}


def test_network_drives_on_the_way_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is away would keep each camera's process from starting, also of cameras that have nothing on it."""
    make(tmp_path, "data/owner/a", "data/my nas/frames", "data/disk/frames", "data/files")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"36 35 0:42 / {tmp_path}/data/my\\040nas rw,noatime shared:1 - nfs4 nas:/frames rw\n"
        f"37 35 8:1 / {tmp_path}/data/disk rw - ext4 /dev/sda1 rw\n"
    )
    monkeypatch.setattr(network_drives, "_MOUNTS", mounts)
    assert allowed(tmp_path, tmp_path / "data/owner") == {"data/disk", "data/files", "mountinfo"}
    monkeypatch.setattr(network_drives, "_MOUNTS", tmp_path / "none")
    assert "data/my nas" in allowed(tmp_path, tmp_path / "data/owner")
