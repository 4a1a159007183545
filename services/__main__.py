"""`python -m services`: all three services as processes of this machine, under supervisor, until Ctrl-C or SIGTERM.

A service that dies comes back; one that refuses a setting (exit code 2) ends them all, with that code. This is for a
laptop or a single host without Docker: compose runs each service in a container of its own.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from dotenv import load_dotenv
from supervisor import events
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from shared.lifecycle import EXIT_BAD_SETTING

CONFIGURATION: Final = Path(__file__).with_name("supervisord.conf")


class Stack(Supervisor):  # type: ignore[misc] # supervisor ships no types
    """supervisord, passing on what the services write, and watching for the one exit code that is final."""

    exit_code = 0

    def runforever(self) -> None:
        events.subscribe(events.ProcessLogEvent, self._pass_on)
        events.subscribe(events.ProcessStateExitedEvent, self._end_after_bad_setting)
        super().runforever()

    def _pass_on(self, event: events.ProcessLogEvent) -> None:
        os.write(sys.stderr.fileno(), event.data)

    def _end_after_bad_setting(self, event: events.ProcessStateExitedEvent) -> None:
        if event.process.exitstatus == EXIT_BAD_SETTING:
            self.exit_code = EXIT_BAD_SETTING
            self.options.mood = SupervisorStates.SHUTDOWN


def main() -> int:
    load_dotenv(".env")
    # The services write to a pipe of ours: they can't see whether a person reads.
    os.environ.setdefault("LOG_FORMAT", "console" if sys.stderr.isatty() else "json")
    os.environ["FRAMECAST_PYTHON"] = sys.executable
    options = ServerOptions()
    options.realize(["-c", str(CONFIGURATION)])
    options.first = True
    options.test = False
    # Nobody asks for the file, and several stacks may run from one checkout.
    options.write_pidfile = lambda: None
    stack = Stack(options)
    # How supervisord ends once all its processes have.
    with suppress(ExitNow):
        stack.main()
    return stack.exit_code


if __name__ == "__main__":
    sys.exit(main())
