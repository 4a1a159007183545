"""What an ingest says of itself: which cameras it has, or why it does not start. Pure: no sockets.

A camera's status says nothing of an ingest without that camera. So a receiver that heard a camera from an earlier
ingest could not tell a camera that was taken out from one whose process is silent.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.bus.status import MAX_CAMERAS, MAX_WORDS
from shared.bus.topics import INGEST_ID_PATTERN, CameraKey, ingest_topic
from shared.errors import MessageDecodeError

REPORT_PARTS: Final = 2
"""Topic and body."""
MAX_REPORT_BYTES: Final = 96 * 1024
"""`MAX_CAMERAS` keys of the greatest length fit in."""


class IngestReport(BaseModel):
    """One run of an ingest. `ingest` is an id that no other run has."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1] = 1
    ingest: str = Field(pattern=INGEST_ID_PATTERN)
    cameras: tuple[CameraKey, ...] = Field(default=(), max_length=MAX_CAMERAS)
    refusal: Annotated[str, Field(max_length=MAX_WORDS)] | None = None
    """Which setting can't be used, in words for the user; None for an ingest that runs. Never a secret."""


def encode_report(report: IngestReport) -> list[bytes]:
    return [ingest_topic(report.ingest), report.model_dump_json().encode()]


def decode_report(parts: Sequence[bytes]) -> IngestReport:
    """The report in a message.

    Raises:
        MessageDecodeError: it is not as the wire format says.
    """
    if len(parts) != REPORT_PARTS:
        raise MessageDecodeError(f"an ingest's report has {REPORT_PARTS} parts, not {len(parts)}")
    topic, body = parts
    if len(body) > MAX_REPORT_BYTES:
        raise MessageDecodeError(f"the ingest's report is {len(body)} bytes long")
    try:
        report = IngestReport.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise MessageDecodeError(f"the ingest's report is not valid: {error.errors()[0]['msg']}") from None
    if topic != ingest_topic(report.ingest):
        raise MessageDecodeError("the topic does not name the report's ingest")
    return report
