"""The words of access for people: why something is refused or closed, and which command mends it."""

from pathlib import Path
from typing import Final

IN_DOCKER: Final = "with Docker Compose `docker compose exec ingest {0}`"
WRONG_PASSWORD: Final = "Ingest does not know this password."  # noqa: S105 words
WRONG_SECRET: Final = "Ingest does not know this session, token or link, or it has ended."  # noqa: S105 words
WRONG_SIGN_ON: Final = "Ingest does not know this proxy's secret: SIGN_ON_SECRET must be the same at every service."
OPERATOR_ONLY: Final = "Ingest refuses this: only the operator may do it."
SCOPED: Final = "Ingest refuses this: this token or link opens a part alone, and may not hand anything on."
BUSY: Final = "Ingest is checking other passwords at the moment. Try again in a second."
NO_PROOF: Final = "Ingest needs a password, a token or a session for this."
ENDING: Final = "Ingest is ending. Try again in some seconds."
NO_SESSION: Final = "Ingest ends sessions by logging out, and this is none."
LOCAL_ONLY: Final = "Ingest does this for a command on its own machine alone."
LONG_LINK: Final = "A viewer's link lasts a day at most, an operator's 30 days."
SAME_PASSWORD: Final = "Each password must be different from every other password and token. Choose another one."  # noqa: S105 words
PASSWORD_FORM: Final = "A password must have 8 to 256 characters, and not begin with framecast_."  # noqa: S105 words
TOO_MANY_TOKENS: Final = "There are 200 access tokens already. End one first."
TOO_MANY_LINKS: Final = "There are 1,000 links already. End one first, or wait until one ends."
TOO_MANY_VIEWER_LINKS: Final = "Viewers have 800 links already, and may have no more. Wait until one ends."
CLAIMED: Final = "A password is set already. `framecast setup-code` on the machine shows a code for a forgotten one."
UNKNOWN_OPERATION: Final = "Ingest knows no such request. It may be older than the program that asks."
NOT_DAMAGED: Final = "The file of what the owner decided can be read, so nothing begins anew."


def command(name: str) -> str:
    """A command as the person gives it, here and in Docker."""
    return f"`{name}` on this machine ({IN_DOCKER.format(name)})"


WRONG_CODE: Final = f"This setup code is wrong, or its time is over. {command('framecast setup-code')} shows a new one."
LOST_PASSWORD: Final = (
    "Everything is closed: there was a password, and now there is none. Set it again and restart, or choose a new one: "
    f"{command('framecast setup-code')}. If none is meant: `framecast access open`."
)


def no_directory(directory: Path, reason: str) -> str:
    return f"OWNER_DIR is '{directory}' but must be a directory that ingest can make or write to: {reason}."


def used_by_another(directory: Path) -> str:
    return (
        f"OWNER_DIR is '{directory}', which another ingest uses: does Framecast run already? A second one needs a "
        "directory of its own."
    )


def unreadable(path: Path, reason: str) -> str:
    return (
        f"Everything is closed: ingest can't read {path} ({reason}), where it keeps passwords, tokens and sessions. "
        f"Let ingest's user read it, or begin anew: {command('framecast access new')}."
    )


def damaged(path: Path) -> str:
    return (
        f"Everything is closed: {path}, where ingest keeps passwords, tokens and sessions, is damaged. Put a backup "
        f"of it back, or begin anew: {command('framecast access new')}."
    )


def open_to_others(path: Path, user: int) -> str:
    return (
        f"Everything is closed: others than ingest may read or change {path}, where it keeps passwords, tokens and "
        f"sessions. If it is the right file: `chown {user} {path}` and `chmod 600 {path}`. Or begin anew: "
        f"{command('framecast access new')}."
    )


def not_kept(path: Path, reason: str) -> str:
    return (
        f"What was decided on access last holds, but it can't be kept in {path} ({reason}): after a restart the "
        "version before would hold. Ingest tries again all the time."
    )


def wait(seconds: float) -> str:
    return f"There were too many wrong passwords or codes. Ingest takes the next one in {seconds:.0f} s."


def code_spent(address: str) -> str:
    whom = f" from {address}" if address else ""
    return (
        f"Somebody{whom} has used this setup code before you. If that was nobody of yours: "
        f"{command('framecast setup-code')} shows a new one, and a password that is chosen with it ends all sessions."
    )


def environment_sets(variable: str) -> str:
    return f"{variable} is set where ingest is started, and goes before what is set at the page. Change it there."


def unknown(what: str) -> str:
    return f"There is no {what} with this id any more."


def malformed(what: str) -> str:
    return f"The request is malformed: {what}."
