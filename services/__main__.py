"""`python -m services`: all three services as processes on this machine, under supervisor, until Ctrl-C or SIGTERM.

A service that dies is started again. One that refuses a setting (exit code 2) ends all of them, with that code. This is
for a laptop or a single host without Docker; compose runs each service in a container of its own.
"""

import os
import subprocess
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from supervisor import events
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from shared.lifecycle import EXIT_BAD_SETTING
from shared.page_address import page_address
from shared.settings_file import read_settings_file

STARTED: Final = b"stream started"
"""In the line that stream logs when it listens."""
CONFIGURATION: Final = Path(__file__).with_name("supervisord.conf")
CONTROL_SOCKET: Final = "request.sock"
"""No longer than the name of the socket file that commands use: what its path may have is said of that one."""
_LOOPBACK: Final = ("tcp://127.", "tcp://localhost:", "ipc://")


class Stack(Supervisor):  # type: ignore[misc] # supervisor ships no types
    """supervisord that also forwards the services' output, and ends when a service exits with EXIT_BAD_SETTING."""

    exit_code = 0
    tells_address = False
    """Whether a person is to be told the address of the page once it can be opened."""

    def runforever(self) -> None:
        events.subscribe(events.ProcessLogEvent, self._forward_output)
        events.subscribe(events.ProcessStateExitedEvent, self._end_after_bad_setting)
        super().runforever()

    def _forward_output(self, event: events.ProcessLogEvent) -> None:
        os.write(sys.stderr.fileno(), event.data)
        if self.tells_address and STARTED in event.data:
            self.tells_address = False
            address = page_address(os.environ)
            os.write(sys.stderr.fileno(), f"\nOpen {address} in a browser. Ctrl-C ends Framecast.\n\n".encode())
            if os.environ.get("BUS_CONTROL"):
                # A process of its own: what it loads would stay in this one. supervisord waits for all that end.
                command = [sys.executable, "-m", "services.setup_invitation", address]
                subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 Ctrl-C is ours

    def _end_after_bad_setting(self, event: events.ProcessStateExitedEvent) -> None:
        if event.process.exitstatus == EXIT_BAD_SETTING:
            self.exit_code = EXIT_BAD_SETTING
            self.options.mood = SupervisorStates.SHUTDOWN


def set_control(environment: MutableMapping[str, str]) -> None:
    """Let the owner decide at the page: BUS_CONTROL is a socket file in OWNER_DIR, which other users can't reach.

    Not where it is set, or empty, which says no. Nor where it needs more: keys, or to tell several ingests apart.
    """
    has_keys = environment.get("BUS_SERVER_SECRET_FILE") or environment.get("BUS_CLIENT_SECRET_FILE")
    connect = environment.get("BUS_CONNECT") or "ipc://"
    is_ours = "," not in connect and (
        connect.startswith(_LOOPBACK) or connect in environment.get("BUS_BIND", "").split(",")
    )
    if "BUS_CONTROL" not in environment and is_ours and (not has_keys or environment.get("BUS_CONTROL_KEYS")):
        directory = environment.get("OWNER_DIR") or "data/owner"
        environment["BUS_CONTROL"] = f"ipc://{directory}/{CONTROL_SOCKET}"


def main() -> int:
    read_settings_file()
    set_control(os.environ)
    # The services write to a pipe of ours, so they can't see whether it ends at a terminal.
    os.environ["LOG_FORMAT"] = os.environ.get("LOG_FORMAT") or ("console" if sys.stderr.isatty() else "json")
    os.environ["FRAMECAST_PYTHON"] = sys.executable
    options = ServerOptions()
    options.realize(["-c", str(CONFIGURATION)])
    options.first = True
    options.test = False
    # Nobody needs a PID file, and several stacks may run from one checkout.
    options.write_pidfile = lambda: None
    stack = Stack(options)
    stack.tells_address = os.environ["LOG_FORMAT"] == "console"
    # supervisord raises this when all its processes have ended.
    with suppress(ExitNow):
        stack.main()
    return stack.exit_code


if __name__ == "__main__":
    sys.exit(main())
