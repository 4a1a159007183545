"""scripts/system-packages fetches the index of packages only where it needs to. Stand-ins play dpkg and apt-get."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts/system-packages"
APT_GET = """#!/bin/sh
echo "$2" >>apt-get.log
case "$2" in
update) touch index ;;
install) [ -e index ] && [ "${*##* }" != gone ] || { echo "E: Unable to locate package" >&2; exit 100; } ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A directory with the programs of a fresh machine, which has no index of packages. Only `there` is installed."""
    programs = {"apt-get": APT_GET, "dpkg": '#!/bin/sh\n[ "$2" = there ]\n', "id": "#!/bin/sh\necho 0\n"}
    for name, text in programs.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def install(machine: Path, *packages: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, "a test", *packages],
        cwd=machine,
        env={"PATH": f"{machine}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def asked_of(machine: Path) -> list[str]:
    log = machine / "apt-get.log"
    return log.read_text().split() if log.exists() else []


def test_the_index_is_fetched_once_for_many_calls(machine: Path) -> None:
    """A fresh machine calls the script nine times."""
    for package in ("first", "second", "third"):
        done = install(machine, package, "there")
        assert done.returncode == 0, done.stderr
        assert done.stderr == f"Installing for a test: {package} ...\n"
    assert asked_of(machine) == ["install", "update", "install", "install", "install"]


def test_nothing_is_asked_for_what_is_there(machine: Path) -> None:
    """Each script begins with such a call."""
    done = install(machine, "there")
    assert (done.returncode, done.stderr, asked_of(machine)) == (0, "", [])


def test_a_package_that_does_not_exist_fails_with_apts_words(machine: Path) -> None:
    """After a look into a new index."""
    failed = install(machine, "gone")
    assert failed.returncode != 0
    assert "E: Unable to locate package" in failed.stderr
    assert asked_of(machine) == ["install", "update", "install"]
