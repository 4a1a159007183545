"""How a command asks ingest, what it writes, and its exit codes."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.bus.settings import BusServerSettings
from shared.control.local import ask_here
from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.settings import load_settings

EXIT_REFUSED: Final = 1
EXIT_SILENT: Final = 3
"""Ingest does not run here. 2 is a bad setting or argument."""
IN_DOCKER: Final = "With Docker Compose: docker compose exec ingest framecast {0}"
NOT_KEPT: Final = (
    "It holds, but the disk could not take it: after a restart the version before would hold. See the log."
)
Ask = Callable[..., Mapping[str, Any]]


def run(command: str, body: Callable[[Ask], int]) -> int:
    """Run `body`, which asks by what it is given. A refusal, or no answer, is one line and an exit code."""
    settings = load_settings(BusServerSettings)

    def ask(do: str, **arguments: Any) -> Mapping[str, Any]:
        return ask_here(settings.control_socket, do, arguments)

    try:
        return body(ask)
    except ControlRefusedError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    except ControlSilentError as error:
        sys.stderr.write(f"{error}\n{IN_DOCKER.format(command)}\n")
        return EXIT_SILENT


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def say_kept(result: Mapping[str, Any]) -> None:
    """On standard error, if what was decided is not on the disk."""
    if not result["is_kept"]:
        sys.stderr.write(f"{NOT_KEPT}\n")
