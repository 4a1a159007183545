"""What an ingest says of itself: its cameras, its state of access, or why it does not start. Pure: no sockets.

A camera's status says nothing of an ingest without that camera. So a receiver that heard a camera from an earlier
ingest could not tell a camera that was taken out from one whose process is silent.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.bus.documents import decode_document, encode_document
from shared.bus.frames import INTEGER_LIMIT
from shared.bus.status import MAX_CAMERAS, MAX_WORDS
from shared.bus.topics import INGEST_ID_PATTERN, STATE_PATTERN, CameraKey, ingest_topic

MAX_REPORT_BYTES: Final = 192 * 1024
"""`MAX_CAMERAS` keys of the greatest length fit in, with the longest archive keys of a full cameras file."""
MAX_RULE: Final = 200
"""Characters of one of the archive's keys, so far as it can be told."""


class AccessMark(BaseModel):
    """Which state of access an ingest keeps (`access_state.py`): whoever has an older number asks for the newer one."""

    model_config = ConfigDict(frozen=True)

    state: str = Field(pattern=STATE_PATTERN)
    number: int = Field(ge=0, lt=INTEGER_LIMIT)


class ArchiveKeys(BaseModel):
    """What a camera's own table says to the archiver, as it is written there. None: it says nothing, and the archiver's
    settings hold.
    """

    model_config = ConfigDict(frozen=True)

    archive_keep: str | None = Field(default=None, max_length=MAX_RULE)
    archive_max_bytes: int = Field(default=0, ge=0, lt=INTEGER_LIMIT)
    capture_when: str | None = Field(default=None, max_length=MAX_RULE)


ArchiveRules = Mapping[CameraKey, ArchiveKeys | None]
"""By camera. None for one whose table says what can't be told: the archiver must not delete by other rules then."""


class IngestReport(BaseModel):
    """One run of an ingest. `ingest` is an id that no other run has."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    ingest: str = Field(pattern=INGEST_ID_PATTERN)
    cameras: tuple[CameraKey, ...] = Field(default=(), max_length=MAX_CAMERAS)
    refusal: Annotated[str, Field(max_length=MAX_WORDS)] | None = None
    """Which setting can't be used, in words for the user; None for an ingest that runs. Never a secret."""
    access: AccessMark | None = None
    """The state of access that this ingest keeps; None where it keeps none."""
    archive: Annotated[dict[CameraKey, ArchiveKeys | None], Field(max_length=MAX_CAMERAS)] | None = None
    """What a cameras file says to the archiver of each camera in it; None where the cameras come from no file."""


def encode_report(report: IngestReport) -> list[bytes]:
    return encode_document(ingest_topic(report.ingest), report)


def decode_report(parts: Sequence[bytes]) -> IngestReport:
    """The report in a message.

    Raises:
        MessageDecodeError: it is not as the wire format says.
    """
    return decode_document(parts, IngestReport, "report", MAX_REPORT_BYTES, lambda report: ingest_topic(report.ingest))
