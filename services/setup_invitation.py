"""`python -m services.setup_invitation ADDRESS`: tells a person at the terminal how other devices get in.

`python -m services` starts it with the address of the page, once that can be opened. While nobody has set a password it
asks ingest for a setup code, and puts it behind the address's #, where no server sees it. Only a terminal is told the
code: whatever else standard error is, a log or a file, it may be kept, and read by others.
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shared.bus.settings import BusServerSettings, is_of_this_host
from shared.control.local import ask_here
from shared.control.messages import ControlRefusedError, ControlSilentError
from shared.lifecycle import run_service
from shared.settings import load_settings
from shared.setup_command import setup_command

PATIENCE_SECONDS: Final = 30.0
"""Ingest may start later than stream."""
RETRY_SECONDS: Final = 0.2
SECRETS: Final = ("VIEWER_PASSWORD", "OPERATOR_PASSWORD", "VIEWER_TOKEN", "OPERATOR_TOKEN", "SIGN_ON_SECRET")
_YES: Final = frozenset({"true", "1", "yes", "on", "t", "y"})


def is_invited(environment: Mapping[str, str]) -> bool:
    """Whether the settings leave it to the page who may come in."""
    is_set = any(environment.get(name) or environment.get(f"{name}_FILE") for name in SECRETS)
    return not is_set and environment.get("ALLOW_ANONYMOUS", "").lower() not in _YES


def invitation(address: str, code: str | None, environment: Mapping[str, str]) -> str:
    """The line for the person. Without a code it names the command that shows one."""
    host = environment.get("STREAM_HOST") or "127.0.0.1"
    is_here_alone = is_of_this_host(f"tcp://{host}:1") and not environment.get("SITE_ADDRESS")
    then = ", then start again with STREAM_HOST=0.0.0.0" if is_here_alone else ""
    if code is None:
        return f"To let other devices in: {address}setup, with the code that `{setup_command()}` shows{then}.\n\n"
    return f"To let other devices in: {address}setup#{code} (good for an hour){then}.\n\n"


def ask_patiently(socket_file: Path, do: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Ingest's answer; None where it refuses, or does not run before the stack has ended."""
    until, parent = time.monotonic() + PATIENCE_SECONDS, os.getppid()
    while time.monotonic() < until and os.getppid() == parent:
        try:
            return ask_here(socket_file, do, arguments)
        except ControlRefusedError:
            return None
        except ControlSilentError:
            time.sleep(RETRY_SECONDS)
    return None


def main() -> int:
    (address,) = sys.argv[1:]
    if not is_invited(os.environ):
        return 0
    socket_file = load_settings(BusServerSettings).control_socket
    is_terminal = sys.stderr.isatty()
    # Where somebody has set a password, ingest refuses a fresh code.
    told = ask_patiently(socket_file, *(("setup_code", {"fresh": True}) if is_terminal else ("overview", {})))
    if told is not None and not told.get("is_claimed", False):
        sys.stderr.write(invitation(address, told.get("code"), os.environ))
    return 0


if __name__ == "__main__":
    run_service(main)
