"""Other clocks that the archiver can ask: the kernel's time service, PostgreSQL's and an object store's.

One on this very computer is no witness: it has the same clock, and would agree. Each question blocks, except the
kernel's: call it on a thread.
"""

import http.client
import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
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
from shared.other_computer import is_another_computer, is_in_container

ANSWER_SECONDS: Final = 5.0


class Witness(Protocol):
    """Another clock. `contradicts` is whether ours is in doubt when this one differs."""

    name: str
    contradicts: bool
    confirms: bool
    """Whether ours is right when this one agrees. Not if it may be ours."""
    never_blocks: bool
    """Whether it can be asked at any time, on the loop too, without a disk or a network."""

    def utc_ns(self) -> int | None:
        """What it shows now (epoch ns); None when it can't be asked."""


class KernelWitness:
    """The kernel's clock, while a time service keeps it. It does not confirm a process that is shown another time."""

    name = "this computer's time service"
    contradicts = False
    confirms = True
    never_blocks = True

    def utc_ns(self) -> int | None:
        return synchronised_utc_ns()


class ServerWitness:
    """The clock of a server that the archive is kept by. Whether it is on another computer is looked up each time it is
    asked, since a name may get another address.

    In a container nobody can tell a server on this computer, named by the computer's own address in the network, from
    one on another. If it differs it is another's clock; if it agrees it may be ours. So there it confirms nothing.
    """

    contradicts = True
    never_blocks = False

    def __init__(self, name: str, host: str, tell: Callable[[], int | None], *, confirms: bool) -> None:
        self.name = name
        self.confirms = confirms
        self._host = host
        self._tell = tell

    def utc_ns(self) -> int | None:
        return self._tell() if is_another_computer(self._host) else None


def postgresql_utc_ns(engine: Engine) -> int | None:
    """What the database server's clock shows; None when it can't be asked."""
    with suppress(DatabaseUnavailableError), reading(engine) as session:
        session.exec(select(1)).one()  # connecting takes time that is not the clock's
        now: datetime = session.exec(select(func.clock_timestamp())).one()
        return round((now - EPOCH).total_seconds() * NS_PER_SECOND)
    return None


def http_utc_ns(url: str) -> int | None:
    """The `Date` of an HTTP server's answer, whatever it answers, in whole seconds; None when it tells none."""
    try:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        with closing(kind(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)) as connection:
            connection.request("HEAD", "/")
            date = connection.getresponse().headers["Date"]
            return round(parsedate_to_datetime(date).timestamp() * NS_PER_SECOND)
    except (OSError, http.client.HTTPException, TypeError, ValueError):  # ValueError: also a port that is none
        return None


def ask(witness: Witness, clock: TrustedClock) -> None:
    """Let the clock hear what the witness shows, if it can be asked."""
    utc_ns = witness.utc_ns()
    if utc_ns is not None:
        clock.hear(witness.name, utc_ns, contradicts=witness.contradicts, confirms=witness.confirms)


def witnesses_of(engine: Engine, archive_dir: str, s3_endpoint: str | None) -> Iterator[Witness]:
    """Those that the settings name."""
    confirms = not is_in_container()
    yield KernelWitness()
    if engine.dialect.name == "postgresql":
        yield ServerWitness("PostgreSQL", engine.url.host or "", partial(postgresql_utc_ns, engine), confirms=confirms)
    if archive_dir.startswith(S3_SCHEME):
        url = s3_endpoint or f"https://s3.{os.environ.get('AWS_REGION') or 'us-east-1'}.amazonaws.com"
        yield ServerWitness("the object store", _host_of(url), partial(http_utc_ns, url), confirms=confirms)


def _host_of(url: str) -> str:
    """Nobody's where the address is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
