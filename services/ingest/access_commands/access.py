"""`python -m services.ingest.access_commands.access`: shows what the owner decided on access, and mends it.

Exit codes: 0 done, 1 ingest refused, or everything is closed, 2 a setting or an argument can't be used, 3 ingest does
not run here.
"""

import argparse
import functools

from services.ingest.access_commands.asking import EXIT_REFUSED, Ask, run, say, say_kept
from shared.lifecycle import run_service


def main() -> int:
    parser = argparse.ArgumentParser(prog="framecast access", description="What the owner decided on access.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("show", help="show what is set, and what is wrong (also without an action)")
    actions.add_parser("settle", help="have every replica take ingest's state, after a backup was put back")
    actions.add_parser("open", help="say that no password is meant, though there was one")
    actions.add_parser("new", help="begin anew after the file was damaged, which is kept beside the new one")
    action = parser.parse_args().action or "show"
    return run("access", {"show": _show, "new": _new}.get(action, functools.partial(_do, action)))


def _show(ask: Ask) -> int:
    told = ask("overview")
    say(f"Passwords and tokens of the environment: {', '.join(told['set_by_environment']) or 'none'}")
    say(f"Passwords that were set at the page: {', '.join(told['set_at_page']) or 'none'}")
    say(f"Sessions: {told['sessions']}, access tokens: {told['tokens']}, links: {told['links']}")
    say(f"State: {told['state']}, number {told['number']}")
    if told["no_sandbox"] is not None:
        say(f"A camera that takes over its process may read all this, and change it: {told['no_sandbox']}")
    for trouble in (told["closed"], told["notice"]):
        if trouble is not None:
            say(trouble)
    return EXIT_REFUSED if told["closed"] is not None else 0


def _do(action: str, ask: Ask) -> int:
    done = ask(action)
    say_kept(done)
    say({"settle": "Every replica takes this state now.", "open": "It is noted that no password is meant."}[action])
    return 0


def _new(ask: Ask) -> int:
    done = ask("new")
    say_kept(done)
    if done["aside"] is not None:
        say(f"The old file is {done['aside']}.")
    say("Nothing is set now: no password, no token, no session. `framecast setup-code` shows a code to set a password.")
    return 0


if __name__ == "__main__":
    run_service(main)
