"""What people type as a setup code: whoever reaches the page `/setup` may type anything."""

from typing import Final

from fuzz.pieces import as_text
from services.ingest.access.setup_codes import SetupCodes, as_meant
from shared.control.messages import ControlRefusedError

HANDLED: Final = ()
DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODES: Final = SetupCodes(lambda: 0.0)


def read(data: bytes) -> None:
    """The text opens nothing, and neither does ours with a part of it replaced, unless a person meant ours by it. The
    right one opens once.
    """
    text = as_text(data[2:])
    at, removed = (data[0], data[1]) if len(data) > 1 else (0, 0)
    code = _CODES.make(60.0)
    place = at % len(code)
    changed = code[:place] + text + code[place + removed :]
    for typed in (text, changed):
        assert _CODES.is_right(typed) == (as_meant(typed) == as_meant(code))
    assert not set(as_meant(code)) - set(DIGITS)
    assert _CODES.spend(code.lower().replace("-", " "), "an address")
    words = _refusal(code)
    assert words is not None, "a code was good twice"
    assert code not in words


def _refusal(code: str) -> str | None:
    try:
        _CODES.spend(code, "another address")
    except ControlRefusedError as error:
        return str(error) if error.why == "taken" else None
    return None
