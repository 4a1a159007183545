"""What each request must have in its `arguments`. Unknown members are ignored."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import to_json

from services.ingest.access import texts
from services.ingest.access.record import MAX_NAME
from shared.access.record_secret import PREFIX
from shared.access.settings import LONGEST_PASSWORD, SHORTEST_PASSWORD
from shared.bus.access_state import (
    DIGEST_PATTERN,
    MAX_CAMERAS_OF_A_TOKEN,
    MAX_SESSIONS,
    Natural,
    RoleName,
)
from shared.bus.topics import CameraKey
from shared.control.messages import ControlRefusedError

_SUBJECT: Final = (
    r"^/api/(cameras/[a-z0-9][a-z0-9_-]{0,62}|camera/frames/[0-9]{1,19}|camera/timelapses/[a-z0-9][A-Za-z0-9_-]{0,90})$"
)
"""What a link opens (shared/web/access/share_links.py)."""
_ID: Final = r"^[A-Za-z0-9_-]{12}$"
RecordId = Annotated[str, Field(pattern=_ID)]


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError
    return text


class Arguments(BaseModel):
    """The base."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class NoArguments(Arguments):
    """Of a request that needs none."""


class OneRecord(Arguments):
    """Which token or link."""

    id: RecordId


class SessionsToEnd(Arguments):
    """Those with these ids, or all but the one that asks, or all."""

    ids: Annotated[tuple[RecordId, ...], Field(max_length=MAX_SESSIONS)] = ()
    all_but_mine: bool = False
    all: bool = False


class NewToken(Arguments):
    """`cameras` is null for all of them."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_printable)]
    role: RoleName
    cameras: Annotated[tuple[CameraKey, ...], Field(min_length=1, max_length=MAX_CAMERAS_OF_A_TOKEN)] | None = None
    archive: bool = True
    ends_at: Natural | None = None


class NewLink(Arguments):
    """`path` is that of a camera, a frame or a time-lapse."""

    path: str = Field(pattern=_SUBJECT)
    seconds: int = Field(ge=1)


class NewPassword(Arguments):
    """Of a role."""

    role: RoleName
    password: str = Field(repr=False)

    def refuse_bad_form(self) -> None:
        """
        Raises:
            ControlRefusedError: no password may be like this.
        """
        is_long_enough = SHORTEST_PASSWORD <= len(self.password) <= LONGEST_PASSWORD
        if not is_long_enough or self.password.startswith(PREFIX):
            raise ControlRefusedError("malformed", texts.PASSWORD_FORM)


class NewCode(Arguments):
    """`fresh`: the one of a start, good for longer, while nothing is claimed."""

    fresh: bool = False


class Use(Arguments):
    """When a record was last used, in UTC epoch seconds."""

    sha256: str = Field(pattern=DIGEST_PATTERN)
    at: Natural


class Uses(Arguments):
    """Of several records."""

    uses: tuple[Use, ...] = Field(max_length=200)


ArgumentsT = TypeVar("ArgumentsT", bound=Arguments)


def read_arguments(kind: type[ArgumentsT], given: Mapping[str, JsonValue]) -> ArgumentsT:
    """
    Raises:
        ControlRefusedError: `malformed`, they are not as they must be. Its words hold no value of theirs.
    """
    try:
        return kind.model_validate_json(to_json(dict(given)), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"][:2])[:64]
        raise ControlRefusedError("malformed", texts.malformed(f"{place}: {first['msg']}")) from None
