"""`python off_clock_program.py SECONDS MODULE [ARGUMENTS…]`: a program of others in Python, whose clock is off.

Of its own process alone, and for its dates: what it does by the time since its start goes on as it does.
"""

import datetime as dt
import runpy
import sys
import time
from typing import Self

OFF = dt.timedelta(seconds=float(sys.argv[1]))
_time, _gmtime = time.time, time.gmtime


class OffDatetime(dt.datetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Self:
        return super().now(tz) + OFF


def off_time() -> float:
    return _time() + OFF.total_seconds()


def off_gmtime(seconds: float | None = None, /) -> time.struct_time:
    return _gmtime(off_time() if seconds is None else seconds)


dt.datetime = OffDatetime  # type: ignore[misc]
time.time = off_time
time.gmtime = off_gmtime  # type: ignore[assignment]
sys.argv[:] = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
