"""The sentences that `shared/web` shows to people, in one place, so that a translation is one more such file. Pure.

Each says what to do. Sentences about settings stay in `settings.py`: they are for the person who starts the service.
"""

from typing import Final

EXPIRED_LINK: Final = "This link has run out, or is for something else: ask for a new one."
NO_REQUEST: Final = "This is no HTTP/1.1 request: its head, or the framing of its body, can't be read."
NO_HANDSHAKE: Final = "The WebSocket handshake can't be read: it may have 128 fields, and 8 KiB in each line."
UPGRADE_WITH_BODY: Final = "The request has a body and asks for an upgrade of the protocol: send it without `Upgrade`."
NO_TEXT: Final = "a text message must be UTF-8"
FOREIGN_PAGE: Final = "A page of another site sent this request: if it may, name that site in ALLOWED_ORIGINS."
OUR_PAGES_ALONE: Final = (
    "A page of another site sent this request, and access is decided on our own pages alone. "
    "A program sends a Bearer token. If this was our own page, a proxy in front changes Host: let it pass on Host "
    "unchanged, or name the address that people type in SITE_ADDRESS."
)

SIGN_ON_UNREADABLE: Final = (
    "The proxy in front names no user that can be read: it must send one name, in place of whatever clients send."
)
SIGN_ON_NEEDED: Final = "You are not signed on: open the address of the proxy that does so. No password is taken here."


ACCESS_CLOSED: Final = "Framecast is closed"
ACCESS_NOT_TOLD_YET: Final = (
    "Ingest has not said yet who may come in, so nobody may. If this lasts, check that ingest runs, and that "
    "BUS_CONTROL and BUS_CONNECT are its addresses."
)
INGEST_SILENT: Final = "Ingest, which decides that, does not answer. Try again, and check that it runs if this lasts."
NOT_OR_NO_LONGER: Final = "This token has been ended, has run out, or is none of this server's: ask for a new one."


def other_access_state(known: str, told: str) -> str:
    return (
        f"Ingest has another state of access ({told}) than the one that is known here ({known}), as after a restored "
        "backup. The known one stays, until `framecast access settle` on ingest's computer says that its own is right."
    )


def older_access_state(known: int, told: int) -> str:
    return (
        f"Ingest has an older state of access than the one that is known here (number {known}), or one that goes on "
        f"from an older one (number {told}), as after a restored backup. The known one stays, until `framecast access "
        "settle` on ingest's computer says that its own is right."
    )


def beyond_the_token(cameras: tuple[str, ...] | None, *, has_archive: bool) -> str:
    what = "" if cameras is None else f" of {', '.join(cameras)}"
    return (
        f"This token is for the {'pictures' if has_archive else 'live picture'}{what} alone: this address is beyond it."
    )


def setup_needed(command: str) -> str:
    """`command` shows a setup code."""
    return (
        f"Nobody has set a password yet. The owner sets one at /setup, with the code that `{command}` shows on the "
        "computer of Framecast."
    )


def password_needed(*, has_login_page: bool) -> str:
    return f"A password is needed: by HTTP Basic or a Bearer token{', or at /login' if has_login_page else ''}."


def too_many_attempts(free_attempts: int, seconds: float) -> str:
    return (
        f"Too many wrong passwords came from your address: {free_attempts} are free, each further one costs a wait. "
        f"Try again in {seconds:.0f} s."
    )


def operator_only(method: str, *, has_operator: bool, is_signed_on: bool = False) -> str:
    if is_signed_on:
        return f"{method} is for the operator: SIGN_ON_OPERATORS names the users who are."
    if has_operator:
        return f"{method} is for the operator: log in with OPERATOR_PASSWORD."
    return f"{method} is for the operator, and there is none: set OPERATOR_PASSWORD."


def host_not_allowed(host: str) -> str:
    return (
        "Without a password this server answers only to addresses and to names of its own network: "
        f"name http://{host} in ALLOWED_ORIGINS, or set a password."
    )


def host_not_signed_on(host: str) -> str:
    return (
        "Users whom a proxy signs on are served only at addresses and at names of the own network: "
        f"name http://{host} in ALLOWED_ORIGINS."
    )


def body_too_large(max_bytes: int) -> str:
    return f"The request's body is too large: at most {max_bytes // 1024} KiB are allowed."


def head_too_large(max_bytes: int) -> str:
    return (
        f"The request's head is too large: at most {max_bytes // 1024} KiB are allowed, address and cookies included."
    )


def too_many_fields(most: int) -> str:
    return f"The request's head has too many fields: at most {most} are allowed."


def too_many_query_fields(most: int) -> str:
    return f"The request's address has too many fields behind its '?': at most {most} are allowed."


def framing_too_large(max_bytes: int) -> str:
    return f"The request's body has more than {max_bytes // 1024} KiB of trailers and chunk extensions."


def head_too_slow(seconds: float) -> str:
    return f"The request's head took too long: {seconds:g} s are allowed."


def body_too_slow(seconds: float) -> str:
    return f"The request's body took too long: {seconds:g} s are allowed."


# Reasons of a closed socket have at most 123 bytes.
def too_many_fragments(most: int) -> str:
    return f"a message may have {most} fragments"


def too_many_pings(most: int, seconds: float) -> str:
    return f"a socket may send {most} pings and pongs in {seconds:g} s"


UNREADABLE_BODY: Final = "its body is no JSON that can be read"


def invalid_parameter(name: str, reason: str) -> str:
    """`name` is empty when the whole request is meant; `reason` is pydantic's message."""
    return f"'{name or 'the request'}' is not valid: {reason}."
