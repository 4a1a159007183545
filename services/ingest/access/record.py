"""A session, a token or a link as ingest keeps it: more than the bus has of it, and never its secret."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.access.record_secret import digest_of
from shared.bus.access_state import DIGEST_PATTERN, AccessRecord, AccessScope, Natural, RoleName

ID_CHARACTERS: Final = 12
MAX_NAME: Final = 64
MAX_BROWSER: Final = 200
MAX_ADDRESS: Final = 64
Kind = Literal["session", "token", "link"]


class Record(BaseModel):
    """Times are UTC epoch seconds."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    sha256: str = Field(pattern=DIGEST_PATTERN)
    role: RoleName
    scope: AccessScope | None = None
    ends_at: Natural | None = None
    made_at: Natural
    made_by: str = Field("", max_length=400)
    """Who made it, in words."""
    made_under: RoleName | None = None
    """The role whose changed password ends it; None: no password's."""
    maker: str = Field("", max_length=ID_CHARACTERS)
    """The id of the token that made this link or session, and whose end ends it."""
    name: str = Field("", max_length=MAX_NAME)
    used_at: Natural | None = None
    address: str = Field("", max_length=MAX_ADDRESS)
    browser: str = Field("", max_length=MAX_BROWSER)

    @property
    def id(self) -> str:
        """What the public calls it: nobody can use it."""
        return self.sha256[:ID_CHARACTERS]

    @property
    def last_used(self) -> int:
        return max(self.made_at, self.used_at or 0)

    def has_ended(self, now: int) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    def is_of(self, secret: str) -> bool:
        return self.sha256 == digest_of(secret)

    def on_the_bus(self) -> AccessRecord:
        return AccessRecord(sha256=self.sha256, role=self.role, scope=self.scope, ends_at=self.ends_at)
