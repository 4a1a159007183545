"""This computer's clock as a command has to see it: by the archive's evidence, and by the other clocks there are.

The archiver has its watch for that. A command that asked the database alone would delete by a clock that the archiver
doubts.
"""

from collections.abc import Callable

from sqlalchemy import Engine

from services.archiver.base.settings import ArchiverSettings
from services.archiver.base.trusted_clock import TrustedClock
from services.archiver.clock.witnesses import ask, witnesses_of
from services.archiver.db.clock_rows import ClockRows, new_row
from services.archiver.db.models import ArchivedFrame
from services.archiver.files.frame_files import StoredFrame
from shared.clock import Clock


def judged_clock(engine: Engine, settings: ArchiverSettings) -> TrustedClock:
    """The clock, judged. Blocks, for some seconds if another computer does not answer.

    Raises:
        DatabaseUnavailableError: when the database can't be asked.
    """
    clock = TrustedClock(Clock())
    ClockRows(engine, clock).load()
    for witness in witnesses_of(engine, settings.archive_dir, settings.aws_endpoint_url):
        ask(witness, clock)
    return clock


def judged_rows(engine: Engine, settings: ArchiverSettings) -> Callable[[StoredFrame], ArchivedFrame]:
    """`new_row` by that clock, for a command that takes in files. Needs the newest tables.

    Raises:
        DatabaseUnavailableError: when the database can't be asked.
    """
    clock = judged_clock(engine, settings)
    return lambda stored: new_row(stored, clock)
