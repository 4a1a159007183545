"""`framecast COMMAND`: one name for every `python -m …` command. It owns the table of them, and no command's arguments.

`scripts/launcher` makes the program that starts this. A command's module is looked for only when somebody asks for the
command, since an image holds one service; and it replaces this process, so nothing differs from `python -m …`.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final, NoReturn

from shared.settings_file import SETTINGS_FILE, read_settings_file

EXIT_USAGE: Final = 2


@dataclass(frozen=True, slots=True)
class Command:
    """`python -m module`, by a short name."""

    name: str
    module: str
    summary: str
    takes_arguments: bool = False


COMMANDS: Final = (
    Command("run", "services", "run all services on this machine, until Ctrl-C"),
    Command("ingest", "services.ingest", "run ingest alone: the cameras onto the bus"),
    Command("stream", "services.stream", "run one replica of stream alone: the pages and the live pictures"),
    Command("archiver", "services.archiver", "run the archiver alone: the archive and its API"),
    Command(
        "doctor",
        "services.doctor",
        "tell what works and what does not, and what to do",
        takes_arguments=True,
    ),
    Command("health", "services.ingest.health", "tell by the exit code whether ingest speaks on the bus"),
    Command(
        "record-camera",
        "services.ingest.record_camera",
        "try a camera as ingest would, and save the exchange to a file for a report",
        takes_arguments=True,
    ),
    Command(
        "setup-code",
        "services.ingest.access_commands.setup_code",
        "show a code to choose a password with at the page, also a forgotten one",
    ),
    Command(
        "tokens",
        "services.ingest.access_commands.tokens",
        "list the access tokens of programs, make one, or end one",
        takes_arguments=True,
    ),
    Command(
        "access",
        "services.ingest.access_commands.access",
        "show what the owner decided on access, or mend it",
        takes_arguments=True,
    ),
    Command("keys", "shared.bus_keys", "make the keys of a bus that other hosts may reach", takes_arguments=True),
    Command(
        "retention",
        "services.archiver.retention",
        "print what is due to be deleted, or delete it now",
        takes_arguments=True,
    ),
    Command(
        "clock",
        "services.archiver.clock",
        "tell whether the clock is trusted, and take out what a wrong one left",
        takes_arguments=True,
    ),
    Command(
        "rescan",
        "services.archiver.rescan",
        "compare the archive's files and rows: what is gone, damaged or new",
        takes_arguments=True,
    ),
    Command(
        "export",
        "services.archiver.export",
        "copy a range of the archive elsewhere, with its rows",
        takes_arguments=True,
    ),
    Command("rebuild", "services.archiver.rebuild", "make the archive's rows anew from its files"),
    Command(
        "import-stills",
        "services.archiver.import_stills",
        "take pictures of another program into a camera's archive",
        takes_arguments=True,
    ),
    Command(
        "camera",
        "services.archiver.camera",
        "list the archive's cameras, rename one, or forget one",
        takes_arguments=True,
    ),
    Command("timelapse", "services.archiver.timelapse", "render the order on standard input, as the archiver does"),
    Command("demo-archive", "services.archiver.demo", "fill the archive with made-up months", takes_arguments=True),
)


def main() -> None:
    name, *arguments = sys.argv[1:] or [""]
    if name in ("-h", "--help"):
        sys.stdout.write(_overview())
        return
    if not name:
        _refuse(_overview().rstrip())
    command = next((command for command in COMMANDS if command.name == name), None)
    if command is None:
        _refuse(f"framecast: there is no command '{name}'; framecast --help lists them all.")
    if arguments and not command.takes_arguments:
        _without_arguments(command, arguments)
    elif not _is_here(command.module):
        _refuse(f"framecast {name}: {command.module} is not installed here. An image holds only its own service.")
    else:
        read_settings_file()
        os.execv(sys.executable, [sys.executable, "-m", command.module, *arguments])  # noqa: S606 one of the table's


def _overview() -> str:
    width = max(len(command.name) for command in COMMANDS)
    lines = "".join(f"  {command.name:{width}}  {command.summary}\n" for command in COMMANDS)
    return (
        "usage: framecast COMMAND [ARGUMENT …]\n\n"
        f"{lines}\n"
        f"Settings come from the environment and from {SETTINGS_FILE} in the current directory.\n"
    )


def _without_arguments(command: Command, arguments: Sequence[str]) -> None:
    """The door itself would ignore them, and start."""
    if arguments[0] not in ("-h", "--help"):
        _refuse(f"framecast {command.name}: takes no arguments, but was given '{arguments[0]}'.")
    sys.stdout.write(f"usage: framecast {command.name}\n\n{command.summary}\n")


def _refuse(line: str) -> NoReturn:
    sys.stderr.write(f"{line}\n")
    sys.exit(EXIT_USAGE)


def _is_here(module: str) -> bool:
    """Whether `python -m module` finds something to run. It imports the packages around it, and nothing else."""
    try:
        found = find_spec(module)
        is_package = found is not None and found.submodule_search_locations is not None
        return found is not None and (not is_package or find_spec(f"{module}.__main__") is not None)
    except ModuleNotFoundError:  # a package around it
        return False


if __name__ == "__main__":
    main()
