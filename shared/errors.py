"""The errors that cross module borders, each named for what its catcher does about it.

Every error of ours derives from `FramecastError`, also those that stand beside the one module that raises them. A new
error derives from it directly when its catcher does something that no other error asks for. In `shared/` these are:

| error | its catcher |
|---|---|
| `ConfigurationError` | prints the one line and exits with code 2: a restart would not help |
| `CamerasFileUnreadableError` (`cameras_file.py`) | does the same, or says so and tries again later |
| `SettingValueError` (`settings.py`) | puts its advice behind what the setting must be |
| `MessageDecodeError` | drops the bus message and counts it |
| `ZmtpError` (`bus/zmtp.py`) | closes the connection, counts it and reconnects |
| `RefusedPeerError` (`bus/zmtp.py`) | sends the peer its `answer`, closes the connection and counts it |
| `MalformedRequestError` (`control/messages.py`) | refuses the request in words if it has an id, and counts it |
| `ControlRefusedError` (beside it) | tells the person its words, or the program its code |
| `ControlSilentError` (beside it) | says that ingest does not answer, and does not know whether it was done |
| `TooManySubscriptionsError` (`bus/demand_ledger.py`) | ends that connection and logs why |
| `JpegError` (`jpeg_segments.py`) | drops the picture |
| `JpegCostError` (beside it) | refuses the picture in words: the camera's next one is like it |
| `WrongSecretError` (`web/access/authenticator.py`) | treats the request as one without a password |
| `TooManyAttemptsError` (beside it) | answers 429 with the seconds to wait |
| `NotJudgedYetError` (beside it) | has ingest judge the password, and asks again |
| `BeyondTheTokenError` (beside it) | answers 403 in its words |
| `AccessNotKnownError` (beside it) | answers 503 in its words: ingest has told nothing yet |
| `SignOnUnreadableError` (`web/access/sign_on.py`) | answers 400: the proxy let a client's own header through |
"""

import re
from typing import Final

_VALUES: Final = re.compile(r"'.*'(?!\w)")


class FramecastError(Exception):
    """The base of all errors that Framecast raises on purpose. Anything else is a fault of ours, or of a library."""


class ConfigurationError(FramecastError):
    """Raised when a setting can't be used. Its message is one line that names the setting and what is allowed.

    The line may repeat what was written, such as a name with a line's end in it. So each character that can't be
    printed becomes a question mark: a log would take the rest for a line of its own, and a terminal would obey it.

    `public` is the line for everybody. It holds no value: any setting may hold a secret by mistake. Every value in the
    line stands between apostrophes, or `public` is given without it.
    """

    def __init__(self, message: str, *, public: str | None = None) -> None:
        super().__init__(_printable(message))
        # A value may have apostrophes itself. The one that ends the last value has no letter behind it, unlike "can't".
        self.public: Final = _VALUES.sub("'…'", _printable(message if public is None else public))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


class MessageDecodeError(FramecastError):
    """Raised when a bus message is not as docs/wire-format.md says."""
