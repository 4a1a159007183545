"""What a check-up knows of the archive. The archiver is asked with the requester's credentials."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypeVar

import httpx2
from fastapi import Request
from pydantic import BaseModel, ValidationError

from services.stream.api.archive_proxy import request_to_the_archiver
from services.stream.api.archive_pulse import ArchiveHangsError, ArchivePulse
from services.stream.base import texts
from shared.checkup.facts import ArchiveFacts, GapFacts
from shared.errors import FramecastError

PATIENCE_SECONDS: Final = 10.0
OUTLOOK_DAYS: Final = 30
_DAYS_A_YEAR: Final = 365
_DAY: Final = timedelta(days=1)


class _Status(BaseModel):
    version: str
    database: str
    store: str
    store_note: str | None = None
    frames: int | None
    free_bytes: int | None
    min_free_bytes: int | None
    problems: tuple[str, ...]


class _Deletion(BaseModel):
    bytes: int


class _Camera(BaseModel):
    bytes_a_year: int
    deletions: list[_Deletion]


class _Retention(BaseModel):
    cameras: list[_Camera]

    @property
    def growth_bytes_a_day(self) -> float:
        gone = sum(deletion.bytes for camera in self.cameras for deletion in camera.deletions)
        return sum(camera.bytes_a_year for camera in self.cameras) / _DAYS_A_YEAR - gone / OUTLOOK_DAYS


class _Gap(BaseModel):
    camera: str
    slots: int
    reason: str
    detail: str | None = None


class _Gaps(BaseModel):
    gaps: list[_Gap]


AnswerT = TypeVar("AnswerT", bound=BaseModel)


class ArchiveSilentError(FramecastError):
    """Raised when the archiver does not answer what it is asked. The message is for the person."""


@dataclass(frozen=True, slots=True)
class KnownArchive:
    """The facts, and the archiver's version where it said one."""

    facts: ArchiveFacts
    version: str | None = None


class ArchiveFactFinder:
    """Asks by `client`. On the loop."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._pulse = ArchivePulse(client)

    async def find(self, request: Request, now: datetime, names: Mapping[str, str]) -> KnownArchive:
        """The facts as of `now`, by this computer's clock. `names` are the cameras', by their keys."""
        try:
            begun = time.monotonic()
            status, date = await self._ask(request, "/api/camera/frames/status", _Status)
            took = timedelta(seconds=time.monotonic() - begun)
        except ArchiveSilentError as error:
            return KnownArchive(ArchiveFacts(silence=str(error)))
        since = (now - _DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
        retention, gaps = await asyncio.gather(
            self._maybe(request, f"/api/camera/retention?days={OUTLOOK_DAYS}", _Retention),
            # Of each camera a line for each of the two calendar days, with the reason of most.
            self._maybe(request, f"/api/camera/frames/gaps?from={since}&resolution=86400", _Gaps),
        )
        facts = ArchiveFacts(
            problems=status.problems,
            database={"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(status.database, status.database),
            is_database_read=status.frames is not None,
            store_note=status.store_note,
            has_disk=status.store == "directory",
            free_bytes=status.free_bytes,
            min_free_bytes=status.min_free_bytes,
            growth_bytes_a_day=None if retention is None else retention.growth_bytes_a_day,
            host_ahead_seconds=_ahead_seconds(date, now, took),
            gaps=None if gaps is None else tuple(_gap(each, names) for each in gaps.gaps),
        )
        return KnownArchive(facts, status.version)

    async def _maybe(self, request: Request, path: str, kind: type[AnswerT]) -> AnswerT | None:
        """None where it can't be told: the archiver's problems say why."""
        try:
            return (await self._ask(request, path, kind))[0]
        except ArchiveSilentError:
            return None

    async def _ask(self, request: Request, path: str, kind: type[AnswerT]) -> tuple[AnswerT, str]:
        """The answer, and its `Date`, which tells the archiver's clock also while its database is away.

        Raises:
            ArchiveSilentError: there is none.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                outgoing = request_to_the_archiver(self._client, httpx2.URL(raw_path=path.encode()), request)
                answer = await self._pulse.answer(outgoing)
                try:
                    body = await answer.aread()
                finally:
                    await answer.aclose()
        except (ArchiveHangsError, TimeoutError, httpx2.TimeoutException):
            raise ArchiveSilentError(texts.ARCHIVE_HANGS) from None
        except httpx2.HTTPError:
            raise ArchiveSilentError(texts.ARCHIVE_UNREACHABLE) from None
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise ArchiveSilentError(texts.ARCHIVE_REFUSES_THE_LOGIN)
        if answer.status_code != HTTPStatus.OK:
            raise ArchiveSilentError(_detail_of(body) or texts.archive_answers(answer.status_code))
        try:
            return kind.model_validate_json(body), answer.headers.get("date", "")
        except ValidationError:
            raise ArchiveSilentError(texts.ARCHIVE_NOT_UNDERSTOOD) from None


def _ahead_seconds(date: str, asked_at: datetime, took: timedelta) -> float | None:
    """By how much the archiver's clock is ahead, as far as that is certain: it told its time within `took`."""
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    ahead = (told.astimezone(UTC) - asked_at).total_seconds()
    return ahead if ahead < 0 else max(0.0, ahead - took.total_seconds())


def _gap(gap: _Gap, names: Mapping[str, str]) -> GapFacts:
    return GapFacts(camera=names.get(gap.camera, gap.camera), slots=gap.slots, reason=gap.reason, detail=gap.detail)


def _detail_of(body: bytes) -> str | None:
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, LookupError, TypeError):
        return None
    return detail if isinstance(detail, str) else None
