"""How late pictures are, told by the camera's own clock, and when to decode less because of it. Pure.

A picture's time stamp says when the camera took it, on a clock of unknown origin. Arrival minus time stamp is smallest
for the picture that came fastest; whatever is above that least difference is lateness: in the camera, on the way, in
sockets' queues, or because this process got no CPU time to read.

All times are in seconds; ours are those of one monotonic clock.
"""

from collections.abc import Callable
from typing import Final

MAX_DRIFT: Final = 200e-6
"""How much faster the camera's clock may run than ours. A crystal that is off by 100 ppm gains 8.6 s a day."""
BACK_SECONDS: Final = 1.0
"""A time stamp that falls behind by more is a clock that was set. Pictures that arrive out of order differ by less."""
SLOW_SECONDS: Final = 0.5
"""Time stamps that lose more than this in a window, while this process had the time to read, count something else."""
WINDOW_SECONDS: Final = 30.0
UNSURE_DRIFT: Final = SLOW_SECONDS / WINDOW_SECONDS
"""How fast the camera's clock may run while nothing confirms its time stamps: they may count pictures, at a rate that
is nearly right. A larger error is one that disproves them."""
SURE_WINDOWS: Final = 3
SURE_SECONDS: Final = 1.0
"""Time stamps are disproved when no picture was in time for so long. A shorter burst may be older than what the CPU's
times can tell: they are looked at twice a second."""
REPORT_SECONDS: Final = 4.0
"""Two reports of a camera's clock are compared that are at least so far apart."""
REPORT_ERROR_SECONDS: Final = 0.05
"""How far a report's two times may be apart by themselves."""

LATE_SECONDS: Final = 2.0
"""Later pictures are shed."""
_IN_TIME_SECONDS: Final = 1.0
_FIRST_REST_SECONDS: Final = 5.0
_LONGEST_REST_SECONDS: Final = 60.0


class CameraClock:
    """Tells when pictures were taken, by our clock. One thread.

    Some cameras' time stamps count pictures, or stand still. So time stamps are believed until they lose time although
    this process had the time to read; then each picture counts as taken when it arrived. A camera whose reports say
    that its time stamps go with a wall clock is believed in any case.

    `is_starved` says whether this process lately waited for a CPU, so that late pictures are no wonder.
    """

    def __init__(self, is_starved: Callable[[], bool]) -> None:
        self.is_believed = True
        self._is_starved = is_starved
        self._least: float | None = None
        self._last = (0.0, 0.0)
        self._window = (0.0, 0.0)
        self._in_time_at = 0.0
        """When the newest picture arrived that had lost no more than `SLOW_SECONDS` in its window."""
        self._good_windows = 0
        self._report: tuple[float, float] | None = None
        self._first_report: tuple[float, float] | None = None
        self._is_confirmed = False

    def restart(self) -> None:
        """Another clock begins: the camera has a new sender."""
        self._least = self._report = self._first_report = None
        self._is_confirmed = False

    def note_report(self, wall_seconds: float, time: float) -> None:
        """The camera says that its wall clock showed `wall_seconds` at the time stamp `time`.

        Two reports in a row must agree roughly, and the last with the first as well as crystals do.
        """
        report = wall_seconds, time
        if self._report is None or self._first_report is None or time < self._report[1]:
            self._report = self._first_report = report
            return
        if time - self._report[1] < REPORT_SECONDS:
            return
        if not _agree(self._report, report, UNSURE_DRIFT, 0.0):
            self._report = self._first_report = report
            self._is_confirmed = False
            return
        self._report = report
        self._is_confirmed = _agree(self._first_report, report, MAX_DRIFT, REPORT_ERROR_SECONDS)
        if self._is_confirmed and not self.is_believed:
            self.is_believed, self._least = True, None

    def taken_at(self, time: float, arrived_at: float) -> float:
        """When the picture with the time stamp `time` was taken, at the latest at `arrived_at`."""
        last_time, last_arrival = self._last
        self._last = time, arrived_at
        if self._least is None or time - last_time < -BACK_SECONDS:
            self._least = arrived_at - time
            self._begin_window(time, arrived_at)
            return arrived_at
        self._judge(time, arrived_at)
        drift = MAX_DRIFT if self._is_confirmed or self._is_starved() else UNSURE_DRIFT
        self._least = min(arrived_at - time, self._least + drift * (arrived_at - last_arrival))
        return time + self._least if self.is_believed else arrived_at

    def _judge(self, time: float, arrived_at: float) -> None:
        """Compare the two clocks' rates over a window, or sooner if the time stamps are clearly too slow."""
        begun, begun_at = self._window
        elapsed = arrived_at - begun_at
        lost = elapsed - (time - begun)
        if elapsed < WINDOW_SECONDS and lost <= SLOW_SECONDS:
            self._in_time_at = arrived_at
            return
        is_excused = self._is_confirmed or self._is_starved()
        if not is_excused and lost > SLOW_SECONDS and arrived_at - self._in_time_at < SURE_SECONDS:
            return
        self._begin_window(time, arrived_at)
        if is_excused:
            return
        is_right = abs(lost) <= UNSURE_DRIFT * WINDOW_SECONDS
        self._good_windows = self._good_windows + 1 if is_right else 0
        if lost > SLOW_SECONDS:
            self.is_believed = False
        elif not self.is_believed and self._good_windows >= SURE_WINDOWS:
            self.is_believed = True
            self._least = arrived_at - time

    def _begin_window(self, time: float, arrived_at: float) -> None:
        self._window, self._in_time_at = (time, arrived_at), arrived_at


def _agree(earlier: tuple[float, float], later: tuple[float, float], drift: float, error_seconds: float) -> bool:
    """Whether the wall clock and the time stamps of two reports went on alike."""
    passed = later[1] - earlier[1]
    return abs(later[0] - earlier[0] - passed) <= drift * passed + error_seconds


class Shedding:
    """Decides whether key frames alone are decoded, because pictures are late. One thread.

    Decoding less makes pictures fresh, which looks as if there were time again. So it lasts for some seconds, and
    longer each time that decoding everything was too much again.
    """

    def __init__(self) -> None:
        self.is_on = False
        self._rest_seconds = _FIRST_REST_SECONDS
        self._since = 0.0

    def note(self, late_seconds: float, now: float) -> None:
        """A picture was shown, `late_seconds` after it was taken."""
        if not self.is_on and late_seconds > LATE_SECONDS:
            was_brief = now - self._since < 2 * self._rest_seconds and self._since > 0
            self._rest_seconds = (
                min(2 * self._rest_seconds, _LONGEST_REST_SECONDS) if was_brief else _FIRST_REST_SECONDS
            )
            self.is_on, self._since = True, now
        elif self.is_on and late_seconds < _IN_TIME_SECONDS and now - self._since >= self._rest_seconds:
            self.is_on, self._since = False, now
