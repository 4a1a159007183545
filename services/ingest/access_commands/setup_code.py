"""`python -m services.ingest.access_commands.setup_code`: shows a code by which a password can be chosen at the page.

It is good once, for a quarter of an hour. Exit codes: 0 it is shown, 1 ingest refused, 2 a setting can't be used, 3
ingest does not run here.
"""

import time
from collections.abc import Mapping
from typing import Any, Final

from services.ingest.access_commands.asking import Ask, run, say
from shared.control.messages import ControlSilentError
from shared.lifecycle import run_service

PATIENCE_SECONDS: Final = 5.0
"""The command is given right behind the one that starts ingest."""
RETRY_SECONDS: Final = 0.2
_VARIABLES: Final = {"viewer": "VIEWER_PASSWORD", "operator": "OPERATOR_PASSWORD"}


def main() -> int:
    return run("setup-code", _show)


def _show(ask: Ask) -> int:
    told = _code(ask)
    until = time.strftime("%H:%M", time.localtime(told["ends_at"]))
    say(f"Setup code: {told['code']}")
    say(f"Type it at the page /setup, or open the page with /setup#{told['code']} behind its address, until {until}.")
    say("It is good once, and a password that it sets ends all sessions.")
    for role in told["set_by_environment"]:
        say(f"The {role}'s password is set by {_VARIABLES[role]}, and no code changes it.")
    return 0


def _code(ask: Ask) -> Mapping[str, Any]:
    """Ingest's answer.

    Raises:
        ControlRefusedError: ingest refused.
        ControlSilentError: ingest does not answer, and has not started meanwhile.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask("setup_code")
        except ControlSilentError:
            if time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)


if __name__ == "__main__":
    run_service(main)
