"""The messages of the way back: a request, its answer, and the words of a refusal. Pure: no sockets.

docs/wire-format.md describes them. Unknown members are ignored.
"""

import secrets
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator
from pydantic_core import from_json

from shared.control.local_key import MAX_LOCAL_KEY
from shared.errors import FramecastError, MessageDecodeError

MAX_REQUEST_BYTES: Final = 64 * 1024
MAX_ANSWER_BYTES: Final = 512 * 1024
MAX_WORDS: Final = 1000
MAX_FIELD: Final = 64
"""Characters of a refusal's words, and of the field that it names."""
ID_PATTERN: Final = r"^[A-Za-z0-9_-]{16,64}$"
DO_PATTERN: Final = r"^[a-z][a-z_]{0,31}$"
DEFAULT_DEADLINE_SECONDS: Final = 5.0
SHORTEST_DEADLINE_SECONDS, LONGEST_DEADLINE_SECONDS = 1.0, 30.0
Why = Literal[
    "wrong",
    "wait",
    "not_allowed",
    "full",
    "busy",
    "closed",
    "taken",
    "unknown",
    "malformed",
    "late",
    "not_here",
    "changed",
]
"""The codes of a refusal. `wrong`: the secret, password or code. `wait`: too many wrong ones before. `not_allowed`: the
role is too low, or the key. `full`: there are as many as there may be. `busy`: too much at once. `closed`: access is
closed until a command mends it. `taken`: somebody was first. `unknown`: no such record, or no such `do`. `malformed`:
the request is not as the wire format says. `late`: the deadline is over. `not_here`: another ingest or the environment
decides that. `changed`: it was made of an older version of what it changes."""
RequestId = Annotated[str, Field(pattern=ID_PATTERN)]


class ControlRefusedError(FramecastError):
    """Raised when a request was refused. Its message is in words for the person. A handler may raise it, too."""

    def __init__(self, why: Why, words: str, wait_seconds: float | None = None, *, field: str | None = None) -> None:
        """`field`: the one setting that is at fault."""
        super().__init__(words)
        self.why: Final[Why] = why
        self.wait_seconds: Final = wait_seconds
        self.field: Final = field


class ControlSilentError(FramecastError):
    """Raised when nobody answered a request in time. Whether it was done is not known."""


class MalformedRequestError(MessageDecodeError):
    """Raised for a request that is not as the wire format says. `request_id` is its id, None where it has none."""

    def __init__(self, reason: str, request_id: str | None) -> None:
        super().__init__(reason)
        self.request_id: Final = request_id


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False)


class SignOnProof(_Message):
    """What a proxy says of a user whom it has signed on, with the secret that stream and ingest share with it."""

    secret: str = Field(min_length=1, max_length=1024, repr=False)
    user: str = Field(min_length=1, max_length=256)
    groups: tuple[Annotated[str, Field(max_length=256)], ...] = Field((), max_length=256)


class Proof(_Message):
    """What the person showed: exactly one of the members. Its text is never in a log or an error."""

    secret: str | None = Field(None, min_length=1, max_length=256, repr=False)
    """Of a session, a token or a link."""
    password: str | None = Field(None, min_length=1, max_length=1024, repr=False)
    code: str | None = Field(None, min_length=1, max_length=64, repr=False)
    sign_on: SignOnProof | None = Field(None, repr=False)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(one is not None for one in (self.secret, self.password, self.code, self.sign_on)) != 1:
            raise ValueError("a proof has exactly one of secret, password, code and sign_on")
        return self


class ClientFacts(_Message):
    """From where the person asks, as the sender saw it. Facts for records and limits, and never a proof."""

    address: str = Field("", max_length=64)
    browser: str = Field("", max_length=512)


class ControlRequest(_Message):
    """One request. An id that comes again within a minute gets the answer of the first one."""

    version: Literal[1] = 1
    id: RequestId
    do: str = Field(pattern=DO_PATTERN)
    proof: Proof | None = None
    client: ClientFacts | None = None
    arguments: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    """Of the kind of request, which checks them: no number in them is infinite or NaN. One may be a new password."""
    key: str | None = Field(None, min_length=1, max_length=MAX_LOCAL_KEY, repr=False)
    """At the socket file alone: the one in `control.key` beside it."""
    deadline_seconds: float = Field(DEFAULT_DEADLINE_SECONDS, ge=SHORTEST_DEADLINE_SECONDS, le=LONGEST_DEADLINE_SECONDS)


class Refusal(_Message):
    """Why a request was refused: `why` for the program, `words` for the person."""

    why: Why
    words: str = Field(max_length=MAX_WORDS)
    wait_seconds: float | None = Field(None, ge=0)
    """After which it may be tried again."""
    field: str | None = Field(None, max_length=MAX_FIELD)
    """The setting that is at fault, where it is one."""


class ControlAnswer(_Message):
    """The answer to the request with the same `id`: a result or a refusal."""

    version: Literal[1] = 1
    id: RequestId
    result: dict[str, JsonValue] | None = Field(None, repr=False)
    """It may have a new secret."""
    refusal: Refusal | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.result is None) == (self.refusal is None):
            raise ValueError("an answer has a result or a refusal")
        return self

    def result_or_raise(self) -> Mapping[str, Any]:
        """The result.

        Raises:
            ControlRefusedError: it is a refusal.
        """
        if self.refusal is not None:
            refusal = self.refusal
            raise ControlRefusedError(refusal.why, refusal.words, refusal.wait_seconds, field=refusal.field)
        return self.result or {}


def new_request_id() -> str:
    return secrets.token_urlsafe(18)


def done(request: ControlRequest, result: Mapping[str, JsonValue]) -> ControlAnswer:
    return ControlAnswer(id=request.id, result=dict(result))


def refused(request_id: str, error: ControlRefusedError) -> ControlAnswer:
    """The answer. Words and field are cut to what it may hold: they may name a key of somebody's file."""
    words, field = str(error)[:MAX_WORDS], None if error.field is None else error.field[:MAX_FIELD]
    refusal = Refusal(why=error.why, words=words, wait_seconds=error.wait_seconds, field=field)
    return ControlAnswer(id=request_id, refusal=refusal)


def encode_request(request: ControlRequest) -> bytes:
    """The request's bytes.

    Raises:
        ControlRefusedError: it is too large.
    """
    data = request.model_dump_json().encode()
    if len(data) > MAX_REQUEST_BYTES:
        raise ControlRefusedError("malformed", f"The request has {len(data)} bytes, and may have {MAX_REQUEST_BYTES}.")
    return data


def encode_answer(answer: ControlAnswer) -> bytes:
    """The answer's bytes. One that is too large becomes a refusal."""
    data = answer.model_dump_json().encode()
    if len(data) <= MAX_ANSWER_BYTES:
        return data
    too_large = ControlRefusedError("full", f"The answer has {len(data)} bytes, and may have {MAX_ANSWER_BYTES}.")
    return refused(answer.id, too_large).model_dump_json().encode()


def decode_request(data: bytes) -> ControlRequest:
    """The request in a message.

    Raises:
        MalformedRequestError: it is not as the wire format says.
    """
    request_id = None
    try:
        document = _document(data, MAX_REQUEST_BYTES, "request")
        request_id = _id_in(document)
        return ControlRequest.model_validate_json(data)
    except ValidationError as error:
        raise MalformedRequestError(f"The request is not valid: {_reason(error)}", request_id) from None
    except MessageDecodeError as error:
        raise MalformedRequestError(str(error), request_id) from None


def decode_answer(data: bytes) -> ControlAnswer:
    """The answer in a message.

    Raises:
        MessageDecodeError: it is not as the wire format says.
    """
    _document(data, MAX_ANSWER_BYTES, "answer")
    try:
        return ControlAnswer.model_validate_json(data)
    except ValidationError as error:
        raise MessageDecodeError(f"The answer is not valid: {_reason(error)}") from None


def _document(data: bytes, max_bytes: int, name: str) -> Any:
    """The JSON in `data`, without a number that is none. Errors call it by `name`.

    Raises:
        MessageDecodeError: it is no such JSON.
    """
    if len(data) > max_bytes:
        raise MessageDecodeError(f"The {name} has {len(data)} bytes, and may have {max_bytes}.")
    try:
        document = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise MessageDecodeError(f"The {name} is no JSON: {error}.") from None
    if not _is_finite(document):
        raise MessageDecodeError(f"The {name} has a number that is too large.")
    return document


def _is_finite(document: Any) -> bool:
    """Whether every number is one. `1e999` is JSON, and Python reads it as infinite. The parser bounds the depth."""
    if isinstance(document, float):
        return isfinite(document)
    if isinstance(document, dict):
        return all(map(_is_finite, document.values()))
    return not isinstance(document, list) or all(map(_is_finite, document))


def _id_in(document: Any) -> str | None:
    """The id of a document that may be no request; None where it has none that can be answered."""
    try:
        return _Identified.model_validate(document).id
    except ValidationError:
        return None


class _Identified(_Message):
    id: RequestId


def _reason(error: ValidationError) -> str:
    """Which member is wrong, and how; never what it is."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"][:2])[:64]
    return f"{place}: {first['msg']}" if place else str(first["msg"])
