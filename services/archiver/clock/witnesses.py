"""Other clocks that the archiver can ask: the kernel's time service, PostgreSQL's and an object store's.

One on this very computer is no witness. Each question blocks: call it on a thread.
"""

import http.client
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol
from urllib.parse import urlsplit

from sqlalchemy import Engine, func
from sqlmodel import select

from services.archiver.base.epoch import EPOCH
from services.archiver.base.errors import DatabaseUnavailableError
from services.archiver.base.settings import S3_SCHEME
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.clock.kernel import synchronised_utc_ns
from services.archiver.db.engine import reading
from shared.clock import NS_PER_SECOND
from shared.other_computer import is_another_computer

ANSWER_SECONDS: Final = 5.0


class Witness(Protocol):
    """Another clock. `contradicts` is whether ours is in doubt when this one differs."""

    name: str
    contradicts: bool

    def utc_ns(self) -> int | None:
        """What it shows now (epoch ns); None when it can't be asked."""


class KernelWitness:
    """The kernel's clock, while a time service keeps it. It does not confirm a process that is shown another time."""

    name = "this computer's time service"
    contradicts = False

    def utc_ns(self) -> int | None:
        return synchronised_utc_ns()


class PostgresqlWitness:
    """The database server's clock."""

    name = "PostgreSQL"
    contradicts = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def utc_ns(self) -> int | None:
        with suppress(DatabaseUnavailableError), reading(self._engine) as session:
            session.exec(select(1)).one()  # connecting takes time that is not the clock's
            now: datetime = session.exec(select(func.clock_timestamp())).one()
            return round((now - EPOCH).total_seconds() * NS_PER_SECOND)
        return None


class HttpDateWitness:
    """The `Date` of an HTTP server's answer, whatever it answers. It tells whole seconds."""

    contradicts = True

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = urlsplit(url)

    def utc_ns(self) -> int | None:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=ANSWER_SECONDS)
        try:
            connection.request("HEAD", "/")
            date = connection.getresponse().headers["Date"]
            return round(parsedate_to_datetime(date).timestamp() * NS_PER_SECOND)
        except (OSError, http.client.HTTPException, TypeError, ValueError):
            return None
        finally:
            connection.close()


def ask(witness: Witness, clock: TrustedClock) -> None:
    """Let the clock hear what the witness shows, if it can be asked."""
    utc_ns = witness.utc_ns()
    if utc_ns is not None:
        clock.hear(witness.name, utc_ns, contradicts=witness.contradicts)


def witnesses_of(engine: Engine, archive_dir: str, s3_endpoint: str | None) -> Iterator[Witness]:
    """Those that the settings name and that are other computers."""
    yield KernelWitness()
    if engine.dialect.name == "postgresql" and is_another_computer(engine.url.host or ""):
        yield PostgresqlWitness(engine)
    if archive_dir.startswith(S3_SCHEME):
        url = s3_endpoint or f"https://s3.{os.environ.get('AWS_REGION') or 'us-east-1'}.amazonaws.com"
        if is_another_computer(urlsplit(url).hostname or ""):
            yield HttpDateWitness("the object store", url)
