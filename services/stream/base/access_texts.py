"""The words of the setup page, and of what the owner decides at the page; the others are in `texts.py`."""

from html import escape
from typing import Final

INGEST_SILENT: Final = (
    "Ingest, which keeps this, does not answer. If it is only slow, it still does what was asked: look, then try again."
    " If this lasts, check that it runs: docker compose logs ingest"
)
CAMERAS_CHANGING: Final = "The cameras are being changed at the moment. Try again."
LOG_IN_AGAIN: Final = (
    "Log in again: this login holds for an hour and decides nothing, because ingest did not answer when it was made."
)
LOGGED_OUT_HERE: Final = (
    "This browser is logged out. Ingest did not answer, so a copy of the session still holds: the operator can end it."
)

CODE_LABEL: Final = "Setup code"
NEW: Final = "New password"
BUTTON: Final = "Set the password"
TO_THE_CAMERAS_HTML: Final = '<p><a class="button main" href="./">To the cameras</a></p>'
BY_SETTINGS_HTML: Final = (
    "Who may come in is said by the settings here, with which Framecast is started: docs/access.md has them. With "
    "<code>BUS_CONTROL</code> it is decided on this page."
)
CAMERAS_BY_SETTINGS_HTML: Final = (
    "The cameras are set by the settings here, with which Framecast is started: docs/cameras.md has them. With "
    "<code>BUS_CONTROL</code> they are set on this page."
)
NO_CODE: Final = "Enter the code that the command shows."
PLAIN_HTTP: Final = (
    "This page came over plain HTTP: others on this network could read the code and the password along. Nobody can on "
    "the computer of Framecast itself (http://localhost), or with HTTPS in front."
)
TOO_SHORT: Final = "A password has 8 to 256 characters."
IS_SET: Final = "The password is set, and this browser is logged in."
NOT_KEPT: Final = (
    "It holds now, but ingest's disk did not take it, so a restart of ingest forgets it. See to the disk: ingest tries "
    "again by itself."
)


def others_open(address: str) -> str:
    return f"Others open {address}"


def explanation(command: str) -> str:
    """HTML: what the code and the password are. `command` shows a code."""
    return (
        f"<code>{escape(command)}</code> on the computer of Framecast shows the code. This is the operator's password: "
        "it shows the cameras, and also captures and deletes."
    )
