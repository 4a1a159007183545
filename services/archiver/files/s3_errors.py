"""From an error of the object store's library to one of ours, with a sentence that says what to do. Pure.

The library passes on what the store answered, with paths, times and request ids, up to a whole page of HTML. Nothing of
that is shown: the same problem always has the same words, so it is told once. What counts is the S3 code in the answer,
then its HTTP status, then what the connection met.
"""

import re
from dataclasses import dataclass
from typing import Final

from services.archiver.base import store_texts
from services.archiver.base.errors import RequestRefusedError, StorageFullError, StorageUnavailableError

ABSENT: Final = "NoSuchKey"
_CODE: Final = re.compile(r"<Code>\s*([A-Za-z0-9._-]{1,64})\s*</Code>")
_REGION: Final = re.compile(r"<Region>\s*([a-z0-9-]{1,40})\s*</Region>")
_STATUS: Final = re.compile(r"status code:? (\d{3})")
_BY_CODE: Final = {
    "InvalidAccessKeyId": store_texts.UNKNOWN_KEY,
    "XAdminUserNotFound": store_texts.UNKNOWN_KEY,  # VersityGW's, with 404
    "SignatureDoesNotMatch": store_texts.KEY_MISMATCH,
    "ExpiredToken": store_texts.EXPIRED_KEY,
    "InvalidToken": store_texts.EXPIRED_KEY,
    "TokenRefreshRequired": store_texts.EXPIRED_KEY,
    "RequestTimeTooSkewed": store_texts.WRONG_CLOCK,
    "RequestExpired": store_texts.WRONG_CLOCK,
    "AuthorizationHeaderMalformed": store_texts.ANOTHER_REGION,
    "PermanentRedirect": store_texts.ANOTHER_REGION,
    "TemporaryRedirect": store_texts.ANOTHER_REGION,
    "IllegalLocationConstraintException": store_texts.ANOTHER_REGION,
}
_FULL_CODES: Final = (
    "QuotaExceeded",
    "InsufficientStorage",
    "XMinioStorageFull",
    "StorageFull",
    "InsufficientCapacity",
)
_BUSY_STATUSES: Final = (408, 429)
_REFUSED_STATUSES: Final = (*range(400, 500), 501)
_FULL_STATUS: Final = 507
_KEY_STATUSES: Final = (401, 403)
_REDIRECTS: Final = range(300, 400)
_SERVER_ERRORS: Final = range(500, 600)
_BY_CONNECTION: Final = (
    # The library asks clouds at these addresses for a key when none is set.
    ("/latest/api/token", store_texts.NO_KEY),
    ("/latest/meta-data", store_texts.NO_KEY),
    ("incorrectly configured region", store_texts.ANOTHER_REGION),
    ("certificate", store_texts.BAD_CERTIFICATE),
    ("dns error", store_texts.NAME_UNKNOWN),
    ("failed to lookup", store_texts.NAME_UNKNOWN),
    ("timed out", store_texts.TOO_SLOW),
    ("connect", store_texts.NO_CONNECTION),
    ("error sending request", store_texts.NO_CONNECTION),
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the store answered: its HTTP status, and the S3 code in the answer's body. None where there is none."""

    status: int | None
    code: str | None
    region: str | None

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.status, self.code) if part is not None)


def is_absent(error: BaseException) -> bool:
    """Whether the store says that there is no such object. Any other 404 is a missing bucket or another server."""
    return _answer_in(str(error)).code == ABSENT


def failure_of(error: BaseException, bucket: str) -> StorageUnavailableError:
    """The error to raise instead."""
    text = str(error)
    answer = _answer_in(text)
    sentence = store_texts.object_store_fails(_reason(answer, text, type(error).__name__, bucket))
    if answer.code in _FULL_CODES or answer.status == _FULL_STATUS:
        return StorageFullError(sentence)
    is_refused = answer.status in _REFUSED_STATUSES and answer.status not in _BUSY_STATUSES
    return RequestRefusedError(sentence) if is_refused else StorageUnavailableError(sentence)


def _answer_in(text: str) -> _Answer:
    status, code, region = _STATUS.search(text), _CODE.search(text), _REGION.search(text)
    return _Answer(status and int(status[1]), code and code[1], region and region[1])


def _reason(answer: _Answer, text: str, kind: str, bucket: str) -> str:
    if answer.status is None and answer.code is None:
        lower = text.lower()
        return next((words for sign, words in _BY_CONNECTION if sign in lower), store_texts.not_understood(kind))
    if answer.code == ABSENT:
        return store_texts.CHANGED_MEANWHILE
    if answer.code == "NoSuchBucket":
        return store_texts.no_bucket(bucket)
    if answer.code in _FULL_CODES or answer.status == _FULL_STATUS:
        return store_texts.FULL
    known = _BY_CODE.get(answer.code or "")
    if known == store_texts.ANOTHER_REGION and answer.region is not None:
        return store_texts.in_region(answer.region)
    return known or _reason_by_status(answer)


def _reason_by_status(answer: _Answer) -> str:
    status = answer.status or 0
    if status in _REDIRECTS:
        return store_texts.ANOTHER_REGION
    if status in _KEY_STATUSES:
        return store_texts.REFUSED_KEY
    if status == 404:  # noqa: PLR2004 as everybody knows it
        return store_texts.not_found(str(answer))
    if status in _BUSY_STATUSES or (status in _SERVER_ERRORS and status not in _REFUSED_STATUSES):
        return store_texts.own_trouble(str(answer))
    return store_texts.other_answer(str(answer))
