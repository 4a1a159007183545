"""`framecast`, the program that scripts/setup and the images make: each command leads to its `python -m …`."""

import os
import re
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from services.commands import COMMANDS
from tests.support.services import Stack
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[1]
FRAMECAST = Path(sys.executable).with_name("framecast")
WITHOUT_ARGUMENTS = [command.name for command in COMMANDS if not command.takes_arguments]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md"), ROOT / ".env.example"]


def framecast(
    *arguments: str, cwd: Path, program: Path = FRAMECAST, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The program as a person starts it, with nothing of our own environment but the path."""
    return subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_lists_each_command_in_a_line_of_its_own(tmp_path: Path) -> None:
    """The one page that a newcomer to the command needs."""
    shown = framecast("--help", cwd=tmp_path)
    assert shown.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command.name} +{re.escape(command.summary)}$", shown.stdout, re.MULTILINE)


def test_every_command_that_the_documents_name_by_its_module_has_a_name() -> None:
    """The table is complete."""
    told = {
        name for page in DOCUMENTS for name in re.findall(r"python -m ((?:services|shared)[\w.]*\w)", page.read_text())
    }
    assert "shared.bus_keys" in told
    assert told <= {command.module for command in COMMANDS}


def test_the_page_of_commands_lists_each() -> None:
    """With what it does, in the same words."""
    page = (ROOT / "docs/commands.md").read_text()
    rows = re.findall(r"^\| `framecast (.*)` \| (.*) \| `python -m (.*)` \|$", page, re.MULTILINE)
    assert rows == [(command.name, command.summary, command.module) for command in COMMANDS]


@pytest.mark.parametrize(("arguments", "words"), [(["sream"], "there is no command 'sream'"), (["ingest", "x"], "'x'")])
def test_an_unknown_command_or_argument_is_one_line_and_code_2(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    """Nothing is started by a mistake."""
    refused = framecast(*arguments, cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert words in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("name", WITHOUT_ARGUMENTS)
def test_asking_for_help_starts_nothing(name: str, tmp_path: Path) -> None:
    """Some of the doors read no arguments: they would start, or rebuild an archive."""
    shown = framecast(name, "--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert f"usage: framecast {name}" in shown.stdout
    assert not list(tmp_path.iterdir())


def test_a_command_works_anywhere_with_its_own_arguments_and_the_settings_file_there(tmp_path: Path) -> None:
    """As in the checkout; and a package of the same name in the current directory is not ours."""
    (tmp_path / "services").mkdir()
    (tmp_path / "services/__init__.py").write_text("raise SystemExit('somebody else')\n")
    (tmp_path / ".env").write_text(f"ARCHIVE_KEEP=all:7d\nDATABASE_URL=sqlite:///{tmp_path}/none.db\n")
    refused = framecast("retention", cwd=tmp_path)
    assert refused.returncode == 2
    assert "--dry-run" in refused.stderr
    told = framecast("retention", "--dry-run", cwd=tmp_path, ARCHIVE_TIME_ZONE="nowhere")
    assert told.returncode == 2
    assert told.stderr.startswith("ARCHIVE_TIME_ZONE is 'nowhere'")
    assert framecast("keys", "made", cwd=tmp_path).returncode == 0
    assert (tmp_path / "made/server/server.secret").exists()


def test_the_settings_file_of_the_current_directory_is_read_and_the_environment_goes_before_it(tmp_path: Path) -> None:
    """One .env serves every command."""
    (tmp_path / ".env").write_text("CAMERA_FPS=0\n")
    assert framecast("ingest", cwd=tmp_path).stderr.startswith("CAMERA_FPS is '0'")
    assert framecast("ingest", cwd=tmp_path, CAMERA_FPS="-1").stderr.startswith("CAMERA_FPS is '-1'")


@pytest.mark.parametrize("module", ["services.archiver.retention", "services.archiver.rebuild", "services.stream"])
def test_python_m_reads_the_same_settings_file(module: str, tmp_path: Path) -> None:
    """A dry run by other settings than the archiver's promised that nothing would be deleted."""
    (tmp_path / ".env").write_text("ARCHIVE_TIME_ZONE=nowhere\n")
    refused = subprocess.run(
        [sys.executable, "-m", module, *(["--dry-run"] if module.endswith("retention") else [])],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith("ARCHIVE_TIME_ZONE is 'nowhere'")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The program of an environment like the image of ingest, which holds one service; at a path with a space."""
    code, environment = tmp_path / "the code", tmp_path / "the environment"
    (code / "services").mkdir(parents=True)
    for name in ("__init__.py", "commands.py"):
        shutil.copy(ROOT / "services" / name, code / "services")
    shutil.copytree(ROOT / "services/ingest", code / "services/ingest")
    shutil.copytree(ROOT / "shared", code / "shared")
    venv.create(environment)
    subprocess.run([ROOT / "scripts/launcher", environment, code], check=True)
    return environment / "bin/framecast"


@pytest.mark.parametrize("name", ["run", "stream", "archiver", "rebuild", "demo-archive"])
def test_a_service_that_an_image_does_not_hold_is_one_line(name: str, image: Path, tmp_path: Path) -> None:
    """And no stack trace. Its libraries come from this environment, as its code must not."""
    refused = framecast(name, cwd=tmp_path, program=image, PYTHONPATH=_libraries())
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"framecast {name}: ")
    assert refused.stderr.count("\n") == 1


def test_a_service_that_an_image_holds_is_started(image: Path, tmp_path: Path) -> None:
    """It gets as far as its settings."""
    refused = framecast("ingest", cwd=tmp_path, program=image, PYTHONPATH=_libraries(), CAMERA_FPS="0")
    assert refused.stderr.startswith("CAMERA_FPS is '0'")


def _libraries() -> str:
    """A directory on PYTHONPATH, unlike one of an environment, adds nothing that a .pth file in it names."""
    return next(path for path in sys.path if path.endswith("site-packages"))


def test_the_stack_runs_from_a_directory_that_is_not_the_checkout(tmp_path: Path) -> None:
    """scripts/run ends in the same command. It stops as `python -m services` does."""
    stack = Stack(tmp_path)
    environment = {"PATH": os.environ["PATH"], "LOG_FORMAT": "json", **stack.environment}
    with (tmp_path / "log").open("wb") as log:
        runner = subprocess.Popen([FRAMECAST, "run"], cwd=tmp_path, env=environment, stdout=log, stderr=log)
        try:
            stack.wait_for_state("live", "idle")
            runner.send_signal(signal.SIGTERM)
            assert runner.wait(3 * PATIENCE) == 0
        finally:
            runner.kill()
