"""A camera's own clock, as it was told at some moment: in an RTCP sender report or in the `Date` of an HTTP answer."""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Self

from shared.clock import NS_PER_SECOND

_NTP_EPOCH: Final = 2_208_988_800
"""NTP counts from 1900; this is the second at which 1970 begins."""
_NTP_ERA: Final = 2**32
_HALF_AN_ERA: Final = 2**31
"""RFC 4330: with the highest bit set the time lies in 1968 to 2036, else in 2036 to 2104."""
_MOST_NS: Final = 2**63


@dataclass(frozen=True, slots=True)
class WallClock:
    """It showed `utc_ns` (epoch) at `told_at` (monotonic seconds). It may be wrong by decades."""

    utc_ns: int
    told_at: float

    @classmethod
    def of_ntp(cls, seconds: float) -> Self | None:
        """From the time stamp of an RTCP sender report that has just come; None of one that tells no date."""
        era = 0 if seconds >= _HALF_AN_ERA else _NTP_ERA
        return cls._of(seconds + era - _NTP_EPOCH)

    @classmethod
    def of_http(cls, date: str | None) -> Self | None:
        """From the `Date` of an answer that has just come; None of one that can't be read."""
        try:
            return None if date is None else cls._of(parsedate_to_datetime(date).timestamp())
        except (ValueError, TypeError, OverflowError):
            return None

    def utc_ns_now(self) -> int:
        """What it shows now, if nobody has set it since."""
        return self.utc_ns + round((time.monotonic() - self.told_at) * NS_PER_SECOND)

    @classmethod
    def _of(cls, utc_seconds: float) -> Self | None:
        utc_ns = round(utc_seconds * NS_PER_SECOND)
        return cls(utc_ns, time.monotonic()) if 0 <= utc_ns < _MOST_NS else None
