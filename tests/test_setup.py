"""scripts/setup tells how far it is, and fails where pip fails. A stand-in plays pip: no package is downloaded."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The scripts, requirements of 20 libraries, and an environment whose pip is the file `pip`."""
    (tmp_path / "scripts").mkdir()
    for name in ("setup", "launcher"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    (tmp_path / "requirements").mkdir()
    libraries = "".join(f"library-{number}==1.0 \\\n    --hash=sha256:0\n" for number in range(20))
    (tmp_path / "requirements/run.txt").write_text(libraries)
    for name in ("dev.txt", "fuzz.txt"):
        (tmp_path / "requirements" / name).write_text("none\n")
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    (tmp_path / "site").mkdir()
    python.write_text(
        f'#!/bin/sh\n[ "$2" = pip ] && exec sh "{tmp_path}/pip"\necho "{tmp_path}/site"\n'  # the launcher asks where
    )
    python.chmod(0o755)
    return tmp_path


def setup(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["scripts/setup", "run"],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_tells_how_many_libraries_are_there(checkout: Path) -> None:
    """It was silent for two and a half minutes. The second time there is nothing to do and to tell."""
    collecting = "".join(f"echo 'Collecting library-{number}==1.0'\n" for number in range(20))
    (checkout / "pip").write_text(f"{collecting}echo 'Installing collected packages: all'\n")
    done = setup(checkout)
    assert done.returncode == 0, done.stderr
    assert "10 of 20 libraries are there\n  20 of 20 libraries are there\n  installing them ..." in done.stderr
    again = setup(checkout)
    assert (again.returncode, again.stderr) == (0, "")


def test_it_fails_with_pips_words(checkout: Path) -> None:
    """And begins anew the next time."""
    (checkout / "pip").write_text("echo 'Collecting library-1==1.0'\necho 'ERROR: no network' >&2\nexit 1\n")
    failed = setup(checkout)
    assert failed.returncode != 0
    assert "ERROR: no network" in failed.stderr
    assert not (checkout / ".venv/made-from").exists()
