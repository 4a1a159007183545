"""`python -m services.ingest.access_commands.tokens`: lists the access tokens of programs, makes one, or ends one.

Exit codes: 0 done, 1 ingest refused or there is no such token, 2 a setting or an argument can't be used, 3 ingest
does not run here.
"""

import argparse
import re
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from services.ingest.access_commands.asking import EXIT_REFUSED, Ask, run, say, say_kept
from shared.bus.topics import KEY_PATTERN
from shared.lifecycle import run_service

DAY_SECONDS: Final = 24 * 3600


def main() -> int:
    given = _arguments()
    actions = {"list": _list, "make": lambda ask: _make(given, ask), "end": lambda ask: _end(given.id, ask)}
    return run("tokens", actions[given.action or "list"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="framecast tokens", description="The access tokens of programs.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="list them, with their last use (also without an action)")
    make = actions.add_parser("make", help="make one: it is shown once")
    make.add_argument("name", metavar="NAME", help="what it is for, such as wall-tablet")
    make.add_argument("--operator", action="store_true", help="it may change things, too; without this it looks alone")
    make.add_argument(
        "--camera", action="append", type=_key, metavar="KEY", help="for this camera; several times for more"
    )
    make.add_argument("--live-only", action="store_true", help="for the live picture, and not for the archive")
    make.add_argument(
        "--days",
        type=_days,
        metavar="DAYS",
        help="the token ends after this number of days; without this it has no end",
    )
    end = actions.add_parser("end", help="end one, and the links that were made with it")
    end.add_argument("id", metavar="ID", help="its id, as it is listed")
    return parser.parse_args()


def _key(text: str) -> str:
    if not re.fullmatch(KEY_PATTERN, text):
        raise argparse.ArgumentTypeError(f"'{text}' is no camera's key")
    return text


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36500:  # noqa: PLR2004 a hundred years
        raise argparse.ArgumentTypeError(f"'{text}' is no number of days from 1 to 36500")
    return int(text)


def _list(ask: Ask) -> int:
    for token in ask("tokens")["tokens"]:
        used = f"last used {_day(token['used_at'])}" if token["used_at"] else "never used"
        end = "no end" if token["ends_at"] is None else f"ends {_day(token['ends_at'])}"
        opens = _scope(token["scope"])
        say(f"{token['id']}  {token['name']}  {token['role']}, {opens}  made {_day(token['made_at'])}, {used}, {end}")
    return 0


def _make(given: argparse.Namespace, ask: Ask) -> int:
    arguments = {
        "name": given.name,
        "role": "operator" if given.operator else "viewer",
        "cameras": given.camera,
        "archive": not given.live_only,
        "ends_at": None if given.days is None else int(time.time()) + given.days * DAY_SECONDS,
    }
    made = ask("make_token", **arguments)
    say(made["secret"])
    sys.stderr.write(f"It is shown this once. Its id is {made['id']}.\n")
    say_kept(made)
    return 0


def _end(token_id: str, ask: Ask) -> int:
    if token_id not in (token["id"] for token in ask("tokens")["tokens"]):
        sys.stderr.write(f"There is no token '{token_id}'; `framecast tokens` lists them.\n")
        return EXIT_REFUSED
    say_kept(ask("end_token", id=token_id))
    say("It is ended, and so are the links that were made with it.")
    return 0


def _scope(scope: Mapping[str, Any] | None) -> str:
    told = scope or {}
    cameras = ", ".join(told["cameras"]) if told.get("cameras") else "all cameras"
    return f"{cameras}, live alone" if told.get("archive") is False else cameras


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


if __name__ == "__main__":
    run_service(main)
