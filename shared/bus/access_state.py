"""What the owner has decided on access, as the bus carries it: encoding and decoding. Pure: no sockets.

Who reads all of it can make no secret and guess no password: a record has SHA-256 of 256 random bits, and a password
only the number of its generation.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer

from shared.bus.documents import decode_document, encode_document
from shared.bus.frames import INTEGER_LIMIT
from shared.bus.topics import STATE_PATTERN, CameraKey, access_topic

MAX_STATE_BYTES: Final = 512 * 1024
MAX_SESSIONS: Final = 200
MAX_TOKENS: Final = 200
MAX_LINKS: Final = 1000
MAX_CAMERAS_OF_A_TOKEN: Final = 16
"""So that all tokens together fit into the message. One for more cameras is for all of them."""
MAX_PATH: Final = 128
MAX_CLOSED_WORDS: Final = 1000
NOTHING_DECIDED: Final = "none"
"""The name of the state while the owner has decided nothing."""
DIGEST_PATTERN: Final = r"^[A-Za-z0-9_-]{43}$"
RoleName = Literal["viewer", "operator"]
Natural = Annotated[int, Field(ge=0, lt=INTEGER_LIMIT)]
StateName = Annotated[str, StringConstraints(pattern=STATE_PATTERN)]
RunName = StateName


class AccessScope(BaseModel):
    """What a record opens of what its role may: some cameras, the live picture alone, or the one subject of a link."""

    model_config = ConfigDict(frozen=True)

    cameras: Annotated[tuple[CameraKey, ...], Field(min_length=1, max_length=MAX_CAMERAS_OF_A_TOKEN)] | None = None
    """These alone; None: all of them."""
    archive: bool = True
    """Whether it opens the archive, too."""
    path: Annotated[str, Field(min_length=1, max_length=MAX_PATH)] | None = None
    """The path of the camera, frame or time-lapse that a link opens, and nothing else."""

    @model_serializer(mode="wrap")
    def _without_defaults(self, inner: SerializerFunctionWrapHandler) -> Mapping[str, Any]:
        told = inner(self)
        return {name: told[name] for name in type(self).model_fields if name in told and told[name] not in (None, True)}


class AccessRecord(BaseModel):
    """A session, a token or a link."""

    model_config = ConfigDict(frozen=True)

    sha256: str = Field(pattern=DIGEST_PATTERN)
    role: RoleName
    scope: AccessScope | None
    """None: everything that the role may."""
    ends_at: Natural | None
    """UTC epoch seconds; None: it has no end."""


class AccessState(BaseModel):
    """All of it. `passwords` has the generation of each role's password that was set at the page."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    state: StateName
    number: Natural
    """Only grows, as long as the state has this name."""
    run: RunName | None = None
    """A random name of the run of ingest that tells it; another one each time that ingest reads the file. None: from an
    older version."""
    begun_at: Natural = 0
    """The number that the file had when that run read it."""
    settled: Natural
    """UTC epoch nanoseconds of the last command on the machine that settled the state; 0: there was none."""
    now: Natural
    """UTC epoch seconds by the clock that ends go by. It never goes back."""
    closed: Annotated[str, Field(max_length=MAX_CLOSED_WORDS)] | None
    """Why everything is closed, for the user, with the command that mends it. None: it is not."""
    passwords: dict[RoleName, Natural]
    records: tuple[AccessRecord, ...] = Field(max_length=MAX_SESSIONS + MAX_TOKENS + MAX_LINKS)


def encode_access(state: AccessState) -> list[bytes]:
    return encode_document(access_topic(state.state), state)


def decode_access(parts: Sequence[bytes]) -> AccessState:
    """The state in a message.

    Raises:
        MessageDecodeError: it is not as the wire format says.
    """
    return decode_document(parts, AccessState, "access state", MAX_STATE_BYTES, lambda told: access_topic(told.state))
