"""`python -m services.ingest.access_commands.setup_code`: shows a code by which a password can be chosen at the page.

It is good once, for a quarter of an hour. Exit codes: 0 it is shown, 1 ingest refused, 2 a setting can't be used, 3
ingest does not run here.
"""

import time
from typing import Final

from services.ingest.access_commands.asking import Ask, run, say
from shared.lifecycle import run_service

_VARIABLES: Final = {"viewer": "VIEWER_PASSWORD", "operator": "OPERATOR_PASSWORD"}


def main() -> int:
    return run("setup-code", _show)


def _show(ask: Ask) -> int:
    told = ask("setup_code")
    until = time.strftime("%H:%M", time.localtime(told["ends_at"]))
    say(f"Setup code: {told['code']}")
    say(f"Type it at the page /setup, until {until}. It is good once, and a password that it sets ends all sessions.")
    for role in told["set_by_environment"]:
        say(f"The {role}'s password is set by {_VARIABLES[role]}, and no code changes it.")
    return 0


if __name__ == "__main__":
    run_service(main)
