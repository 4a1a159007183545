"""Groups of both versions are found, as machines have them: alone or beside each other."""

from pathlib import Path

import pytest

from faults.cgroup import controller_of, home_of


def old(root: Path, *names: str) -> None:
    """Version 1: a tree for each controller."""
    for name in names:
        (root / name / "ours").mkdir(parents=True)
        (root / name / "cgroup.procs").touch()


def new(root: Path, controllers: str, given: str = "") -> None:
    """Version 2: one tree."""
    (root / "ours").mkdir(parents=True)
    (root / "cgroup.procs").touch()
    (root / "cgroup.controllers").write_text(controllers)
    (root / "cgroup.subtree_control").write_text(given)


@pytest.mark.parametrize(("name", "limit", "unlimited"), [
    ("memory", "memory.limit_in_bytes", "-1"),
    ("pids", "pids.max", "max"),
])  # fmt: skip
def test_a_tree_of_its_own_is_version_1(tmp_path: Path, name: str, limit: str, unlimited: str) -> None:
    old(tmp_path, "memory", "pids")
    new(tmp_path / "unified", "")

    found = controller_of(name, tmp_path)

    assert found is not None
    assert (found.mount, found.limit, found.unlimited) == (tmp_path / name, limit, unlimited)


@pytest.mark.parametrize("beside", ["", "unified"])
@pytest.mark.parametrize(("name", "limit"), [("memory", "memory.max"), ("pids", "pids.max")])
def test_one_tree_for_all_is_version_2(tmp_path: Path, name: str, limit: str, beside: str) -> None:
    """Alone, or beside version 1."""
    new(tmp_path / beside, "cpu memory pids", given="memory pids")

    found = controller_of(name, tmp_path)

    assert found is not None
    assert (found.mount, found.limit, found.unlimited) == (tmp_path / beside, limit, "max")


def test_a_controller_that_groups_do_not_get_yet_is_asked_for(tmp_path: Path) -> None:
    new(tmp_path, "cpu memory", given="cpu")

    assert controller_of("memory", tmp_path) is not None
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"


def test_without_the_controller_there_is_none(tmp_path: Path) -> None:
    """Nor where it is there and may not be handed down."""
    new(tmp_path, "cpu")
    assert controller_of("memory", tmp_path) is None

    (tmp_path / "cgroup.controllers").write_text("cpu memory")
    (tmp_path / "cgroup.subtree_control").unlink()
    assert controller_of("memory", tmp_path) is None


@pytest.mark.parametrize("is_old", [True, False])
def test_processes_go_back_to_the_group_that_they_come_from(tmp_path: Path, is_old: bool) -> None:
    """Else a container's own limit would no longer hold for them."""
    old(tmp_path, "memory") if is_old else new(tmp_path, "memory", given="memory")
    controller = controller_of("memory", tmp_path)
    assert controller is not None
    lines = tmp_path / "cgroup"
    lines.write_text("9:name=systemd:/\n4:cpu,memory:/ours\n0::/gone\n" if is_old else "0::/ours\n")

    assert home_of(lines, controller) == controller.mount / "ours"

    lines.write_text("4:memory:/gone\n0::/gone\n")
    assert home_of(lines, controller) == controller.mount
