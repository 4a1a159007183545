"""What a client's kernel holds and its program has not read yet: pictures grow old there as in any queue.

A program that takes half a second over each picture leaves the next ones in its kernel, which has acknowledged them.
The one sign is the window that the kernel offers (`tcpi_snd_wnd`): it is smaller than before by what is unread. But a
kernel tells of its window when something arrives, and seldom when its program reads. So between two acknowledgements
the rest is reckoned by the program's own rate, and the next part is held back until all should be read. Pure: the
caller passes the time and what the kernel says.
"""

from typing import Final

from services.stream.fanout.window_doubt import PART_SECONDS, Verdict, WindowDoubt

UNREAD_SHARE: Final = 0.9
WINDOW_STEP_BYTES: Final = 2048
LEAST_SHARE: Final = 0.5
"""A part is unread when this share of it is, less what a window is rounded by, but no less than half of it. Windows
change by themselves too, by the size of a segment or two: on loopback by two thirds of a large part."""
ONE_PART: Final = 1.2
"""As an acknowledgement is sent, its part is often unread even where the program keeps up: not more than that."""
FIRST_PARTS_PER_SECOND: Final = 6.0
"""The rate assumed when a part is found unread for the first time. A hiccup then costs no more than a few pictures."""
SLOW_PARTS_PER_SECOND: Final = 3.0
"""Below this rate a program's window is not enough: it hides what grew with it, and what the kernel keeps in reserve.
So a slow program gets no more than it reads by its rate, even where its window says that all is read."""
MOST_PARTS_PER_SECOND: Final = 60.0
LARGER: Final = 1.5
"""From this factor on a part is of another kind than the last one, as a picture after a placeholder is. Then the rate
is thought to be one of parts, no longer of bytes: else it would take half a minute to adapt.
"""
FASTER: Final = 1.25
SLIGHTLY_FASTER: Final = 1.1
HARDLY_FASTER: Final = 1.03
SLOWER: Final = 0.5
"""With each measurement the rate changes by these factors at most. A program reads whole parts, so in less than a
part's time it has often read nothing: then the rate falls by less."""
CAREFUL_TIMES: Final = 6
"""After its rate fell, a slow program is thought to be faster in smaller steps, this many times. After that it is
rather one that is quick again."""
MOST_SECONDS: Final = 4.0
LONGEST_SECONDS: Final = 32.0
"""After the first time a part is offered, however slow the program seems to be. While it reads nothing at all, the time
doubles, up to the second: a program that was stopped for minutes finds few pictures of the past."""
SAME_SHARE: Final = 0.3
SAME_TIMES: Final = 2
"""A rest that is the same to this share of a part, this many times in a row, after longer and longer waits, is none:
the window has become smaller for good."""
EXAMINED_PARTS: Final = 10
"""So many first parts of a connection are judged without a doubt of its window: nothing larger came before."""
TRUST_SECONDS: Final = 3.0
SLOW_TRUST_SECONDS: Final = 10.0
"""In doubt the window is trusted anew when parts become larger, but not again so soon: by then a slow program is found.
One that was found gets another chance, since a doubt can end in error: small parts tell little."""
MOST_DOUBTED_BYTES: Final = 32 * 1024
"""Nor is there a doubt with larger parts: a window falls by one or two of those."""


class UnreadLimit:
    """Consulted with each part that is offered. Byte counts are over the connection's whole life; times in seconds."""

    __slots__ = (
        "_acknowledged_bytes",
        "_admitted_at",
        "_doubt",
        "_given_bytes",
        "_given_since",
        "_is_known_slow",
        "_largest_doubted",
        "_largest_window",
        "_measured_at",
        "_most_seconds",
        "_part_bytes",
        "_parts_to_examine",
        "_rate",
        "_same_times",
        "_step_bytes",
        "_times_faster",
        "_trusted_at",
        "_unread_bytes",
        "_waited_seconds",
    )

    def __init__(self) -> None:
        self._largest_window = 0
        self._acknowledged_bytes = 0
        self._unread_bytes = 0
        self._measured_at = 0.0
        self._rate = 0.0
        """Bytes per second that the program reads; 0 until a part was found unread."""
        self._times_faster = 0
        """How many times in a row the rate has not fallen."""
        self._given_bytes = 0
        self._given_since = 0.0
        """What was admitted since it had read all before that, as far as is known."""
        self._part_bytes = 0
        """The size of the last part admitted."""
        self._admitted_at = 0.0
        self._most_seconds = MOST_SECONDS
        self._doubt: WindowDoubt | None = None
        self._is_known_slow = False
        self._largest_doubted = 0
        """The size of the largest part since a doubt began, also after it found a slow program; 0 without one."""
        self._parts_to_examine = EXAMINED_PARTS
        self._step_bytes = WINDOW_STEP_BYTES
        """What the windows seen are multiples of, at the most."""
        self._trusted_at = float("-inf")
        self._waited_seconds = 0.0
        self._same_times = 0

    def admits(self, now: float, window_bytes: int, acknowledged_bytes: int, in_flight_bytes: int, part: int) -> bool:
        """Whether a part of `part` bytes may follow: when the earlier ones are read, as far as can be known."""
        has_grown = window_bytes > self._largest_window > 0
        self._largest_window = max(self._largest_window, window_bytes)
        self._step_bytes = min(self._step_bytes, window_bytes & -window_bytes or self._step_bytes)
        unread_bytes = self._largest_window - window_bytes
        if self._is_to_be_trusted(now, part):
            self._trust(now, window_bytes, acknowledged_bytes)
        elif acknowledged_bytes > self._acknowledged_bytes:
            # The window was told when the last part came, at the earliest.
            self._measure(self._admitted_at, unread_bytes, acknowledged_bytes, has_grown=has_grown)
        elif unread_bytes < self._unread_bytes:
            self._measure(now, unread_bytes, acknowledged_bytes, has_grown=has_grown)
        longest_wait = self._most_seconds if self._doubt is None else self._doubt.longest_wait
        if self._reckoned_rest(now, in_flight_bytes, part) > 0 and now - self._admitted_at < longest_wait:
            return False
        if self._rate:
            self._rate = self._rate_for(part)
            # What it had time for and was not given is no credit.
            self._given_since = max(self._given_since, now - self._given_bytes / self._rate)
        self._given_bytes += part
        self._part_bytes, self._admitted_at = part, now
        self._parts_to_examine -= 1
        is_uncertain = self._doubt is not None or (self._is_known_slow and self._largest_doubted > 0)
        self._largest_doubted = max(self._largest_doubted, part) if is_uncertain else 0
        return True

    def _is_to_be_trusted(self, now: float, part: int) -> bool:
        """With parts larger than those that brought the window into doubt, it may be what it was."""
        if not 0 < LARGER * self._largest_doubted < part:
            return False
        return now - self._trusted_at >= (SLOW_TRUST_SECONDS if self._is_known_slow else TRUST_SECONDS)

    def _trust(self, now: float, window_bytes: int, acknowledged_bytes: int) -> None:
        """What seemed to be unread counts no more."""
        self._doubt, self._is_known_slow = None, False
        self._largest_window = window_bytes
        self._rate = self._first_rate
        self._trusted_at = self._measured_at = self._given_since = now
        self._unread_bytes = self._given_bytes = 0
        self._acknowledged_bytes = acknowledged_bytes

    def _reckoned_rest(self, now: float, in_flight_bytes: int, part: int) -> float:
        """The bytes that it can't have read yet."""
        rest_bytes = 0.0
        if self._unread_bytes >= _unread_part(part):
            self._rate = self._rate or self._first_rate
            rest_bytes = self._unread_bytes + in_flight_bytes - self._rate_for(part) * (now - self._measured_at)
        if self._is_slow(part):
            rest_bytes = max(rest_bytes, self._given_bytes - self._rate_for(part) * (now - self._given_since))
        return rest_bytes

    @property
    def _first_rate(self) -> float:
        return FIRST_PARTS_PER_SECOND * self._part_bytes

    def _is_slow(self, part: int) -> bool:
        return 0 < self._rate_for(part) < SLOW_PARTS_PER_SECOND * part

    def _rate_for(self, part: int) -> float:
        is_larger = part > LARGER * self._part_bytes > 0
        return self._rate * part / self._part_bytes if is_larger else self._rate

    def _measure(self, at: float, unread_bytes: int, acknowledged_bytes: int, *, has_grown: bool) -> None:
        """`has_grown`: the window is larger than ever before, so it does not tell what is unread."""
        read_bytes = acknowledged_bytes - self._acknowledged_bytes + self._unread_bytes - unread_bytes
        # Of an older part the acknowledgement may come after a later word of the window.
        seconds = max(0.0, at - self._measured_at)
        was_stopped = self._most_seconds > MOST_SECONDS
        if read_bytes >= LEAST_SHARE * self._part_bytes:
            self._most_seconds = MOST_SECONDS
        elif seconds >= self._most_seconds:
            self._most_seconds = min(2 * self._most_seconds, LONGEST_SECONDS)
        if self._rate:
            is_smaller = self._consider(acknowledged_bytes - self._acknowledged_bytes, read_bytes, unread_bytes)
            if not has_grown:
                least_rate = 0.0 if self._doubt is None else self._part_bytes / PART_SECONDS
                self._settle(at, max(least_rate, self._adapted(unread_bytes, read_bytes, seconds)))
            if is_smaller or self._stays_the_same(unread_bytes, seconds):
                unread_bytes -= self._forgive(unread_bytes)
        if not has_grown and unread_bytes < _unread_part(self._part_bytes):
            self._given_since, self._given_bytes = at, self._part_bytes
            if was_stopped:
                self._rate = self._first_rate  # it read nothing for long, and now all at once
        self._measured_at, self._unread_bytes, self._acknowledged_bytes = at, unread_bytes, acknowledged_bytes

    def _consider(self, given_bytes: int, read_bytes: int, unread_bytes: int) -> bool:
        """Whether the window has been found to be smaller by itself. A program found to be slow has no such doubt."""
        if unread_bytes <= ONE_PART * self._part_bytes:
            self._doubt = None
            self._is_known_slow &= self._rate < self._first_rate
            return False
        if self._doubt is None and self._is_slow(self._part_bytes):
            self._is_known_slow = True
        if self._is_known_slow or self._parts_to_examine > 0 or self._part_bytes > MOST_DOUBTED_BYTES:
            self._doubt = None
            return False
        self._doubt = self._doubt or WindowDoubt(self._largest_window, self._step_bytes)
        verdict = self._doubt.verdict(given_bytes, read_bytes, unread_bytes)
        if verdict is not Verdict.OPEN:
            self._doubt = None
            self._is_known_slow = verdict is Verdict.READS_LATE
        return verdict is Verdict.WINDOW_IS_SMALLER

    def _settle(self, at: float, rate: float) -> None:
        """Take on another rate. What was given until now is reckoned by the rate of that time."""
        if rate < self._rate:
            self._given_bytes = max(0, round(self._given_bytes - self._rate * (at - self._given_since)))
            self._given_since = at
        self._rate = rate

    def _adapted(self, unread_bytes: int, read_bytes: int, seconds: float) -> float:
        """The rate by the newest measurement. What was not all read tells it; a program that has read all may be faster
        than it could show.
        """
        is_careful = self._is_slow(self._part_bytes) and self._times_faster < CAREFUL_TIMES
        self._times_faster += 1
        if unread_bytes < _unread_part(self._part_bytes):
            rate = self._rate * (SLIGHTLY_FASTER if is_careful else FASTER)
        elif unread_bytes <= ONE_PART * self._part_bytes:
            rate = self._rate * (HARDLY_FASTER if is_careful else SLIGHTLY_FASTER)
        else:
            self._times_faster = 0
            least_rate = self._rate * SLOWER ** min(1.0, seconds * self._rate / self._part_bytes)
            rate = min(max(read_bytes / max(seconds, 0.001), least_rate), self._rate * FASTER)
        return min(rate, MOST_PARTS_PER_SECOND * self._part_bytes)

    def _stays_the_same(self, unread_bytes: int, seconds: float) -> bool:
        """Whether the rest is none, by its being the same after longer and longer waits."""
        is_same = abs(unread_bytes - self._unread_bytes) <= SAME_SHARE * self._part_bytes
        is_more_than_the_last = unread_bytes > ONE_PART * self._part_bytes
        is_longer = seconds > self._waited_seconds or seconds >= MOST_SECONDS
        self._same_times = self._same_times + 1 if is_same and is_more_than_the_last and is_longer else 0
        self._waited_seconds = seconds
        return self._same_times >= SAME_TIMES

    def _forgive(self, unread_bytes: int) -> int:
        """By how much the window has become smaller for good."""
        self._same_times = 0
        surplus_bytes = unread_bytes - self._part_bytes
        self._largest_window -= surplus_bytes
        self._rate = self._first_rate
        return surplus_bytes


def _unread_part(part_bytes: int) -> float:
    """From how many unread bytes on a part of this size counts as unread."""
    return max(UNREAD_SHARE * part_bytes - WINDOW_STEP_BYTES, LEAST_SHARE * part_bytes)
