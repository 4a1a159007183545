"""What `/api/access` takes and tells: decisions of the operator, and records as ingest tells them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.bus.topics import CameraKey

RoleName = Literal["viewer", "operator"]
Code = Annotated[str | None, Field(min_length=1, max_length=64, description="the setup code, where nothing is claimed")]
MAX_NAME: Final = 64
MAX_CAMERAS: Final = 16
_TIMES: Final = ("since", "made_at", "used_at", "ends_at")


class Decision(BaseModel):
    """What a write needs besides the operator's login."""

    model_config = ConfigDict(extra="forbid")

    code: Code = None


class Answered(BaseModel):
    code: str | None = Field(description="to be sent in place of the setup code from now on, which is used up")


class NewPassword(Decision):
    password: str = Field(min_length=8, max_length=256)


class NewToken(Decision):
    name: str = Field(min_length=1, max_length=MAX_NAME, description="what the token is for")
    role: RoleName = "viewer"
    cameras: list[CameraKey] | None = Field(
        None, min_length=1, max_length=MAX_CAMERAS, description="for these cameras alone; all without it"
    )
    archive: bool = Field(True, description="whether it opens the archive, too")
    ends_at: AwareDatetime | None = Field(None, description="when it runs out; never without it")


class Told(BaseModel):
    """A record, without its secret, which nobody keeps."""

    id: str
    used_at: datetime | None = Field(
        None, description="told to ingest once in a while, and kept with its next decision"
    )
    ends_at: datetime | None

    @classmethod
    def by(cls, told: Mapping[str, Any]) -> Self:
        """As ingest tells it: times are UTC epoch seconds."""
        times = {
            name: None if told[name] is None else datetime.fromtimestamp(told[name], UTC)
            for name in _TIMES
            if name in told
        }
        return cls.model_validate({**told, **times})


class Session(Told):
    """A login of a person."""

    role: RoleName
    since: datetime
    address: str
    browser: str
    is_mine: bool


class Token(Told):
    """What lets a program in."""

    name: str
    role: RoleName
    cameras: list[str] | None
    archive: bool
    made_at: datetime
    made_by: str

    @classmethod
    def by(cls, told: Mapping[str, Any]) -> Self:
        scope = told.get("scope") or {}
        return super().by({**told, "cameras": scope.get("cameras"), "archive": scope.get("archive", True)})


class Link(Told):
    """A share link."""

    path: str = Field(description="of the camera, the archived frame or the time-lapse that it opens")
    made_at: datetime
    made_by: str


class Done(BaseModel):
    is_kept: bool = Field(True, description="false: ingest's disk did not take it, so a restart of ingest forgets it")


class MadeToken(Done):
    """`secret` is told once, here."""

    id: str
    secret: str


class AccessSummary(BaseModel):
    """Who may come in by what."""

    is_claimed: bool = Field(description="whether a client must show something")
    viewer_password: Literal["page", "environment"] | None = Field(description="where it was set; null: there is none")
    operator_password: Literal["page", "environment"] | None
    state: str | None = Field(description="the name of ingest's state; null while it is not known")
    number: int | None
    problems: list[str]
